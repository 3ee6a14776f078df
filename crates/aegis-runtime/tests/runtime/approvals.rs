//! Who is asked, what counts as a yes, and what happens meanwhile.

use std::io::{BufReader, Read, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aegis_policy::action::Action;
use aegis_policy::clock::Moment;
use aegis_runtime::approval::{
    Answer, Approver, ApproverError, Auto, Callback, Denial, Inbox, Prompt, Refused, Request,
    Verdict,
};
use aegis_runtime::clock::ManualClock;
use aegis_runtime::{Digest, Outcome, Record, Runtime};

use crate::support::{Counting, Memory, POLICY, builder, policy};

/// What becomes of an action that a person has to approve.
async fn with(approver: impl Approver + 'static) -> (Record, u32, Vec<&'static str>) {
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store)
        .approver(approver)
        .build()
        .unwrap();
    let action = Action::new("delete_user").target("7").agent("bot");
    let record = runtime.run_one(action).await;
    (record, executor.count(), store.results())
}

fn denial(record: &Record) -> String {
    match record.outcome() {
        Outcome::Denied(denial) => denial.to_string(),
        other => panic!("{other}"),
    }
}

/// Answers with whatever becomes of the right answer.
async fn answering(change: fn(Answer) -> Answer) -> (Record, u32, Vec<&'static str>) {
    let callback = Callback(move |request: Request| async move {
        Ok(change(request.answer(Verdict::Yes, "anna")))
    });
    with(callback).await
}

#[tokio::test]
async fn an_explicit_yes_lets_it_run_and_the_record_says_whose() {
    let (record, runs, words) = answering(|answer| answer).await;
    assert!(record.outcome().is_done());
    assert_eq!((record.approved_by(), runs), (Some("anna"), 1));
    assert_eq!(words, ["escalated", "escalated", "approved", "succeeded"]);
}

#[tokio::test]
async fn everything_else_is_a_no() {
    let no = answering(|answer| Answer {
        verdict: Verdict::No,
        ..answer
    })
    .await;
    assert_eq!(denial(&no.0), "anna said no");
    assert_eq!((no.1, no.2), (0, vec!["escalated", "escalated", "denied"]));

    let other = answering(|answer| Answer {
        request: aegis_audit::Id::new(),
        ..answer
    })
    .await;
    assert!(denial(&other.0).starts_with("the answer does not count: it names request "));
    let digest = answering(|answer| Answer {
        digest: Digest::of("x"),
        ..answer
    })
    .await;
    assert!(denial(&digest.0).contains("it names the action with digest "));
    let nobody = answering(|answer| Answer {
        by: " \u{200b}".into(),
        ..answer
    })
    .await;
    assert!(denial(&nobody.0).ends_with("it does not say who gave it"));
    let itself = answering(|answer| Answer {
        by: "BOT".into(),
        ..answer
    })
    .await;
    assert!(denial(&itself.0).ends_with("BOT asks for itself"));
    for refused in [other, digest, nobody, itself] {
        assert_eq!((refused.1, refused.2.last()), (0, Some(&"denied")));
    }
}

#[tokio::test]
async fn nobody_to_ask_a_broken_approver_and_a_panic_are_noes() {
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store).build().unwrap();
    let record = runtime.run_one(Action::new("delete_x")).await;
    assert_eq!(denial(&record), "there is nobody to ask");
    assert_eq!(
        (executor.count(), store.results().last()),
        (0, Some(&"denied"))
    );

    let broken = with(Callback(|_| async {
        Err(ApproverError::new("the line is dead"))
    }))
    .await;
    assert_eq!(
        (denial(&broken.0), broken.1),
        ("asking did not work: the line is dead".into(), 0)
    );
    let panics = with(Callback(|_: Request| async { panic!("oops") })).await;
    assert_eq!(
        denial(&panics.0),
        "asking did not work: the approver panicked: oops"
    );
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_no() {
    let inbox = Inbox::new();
    let (record, runs, words) = with(inbox.clone()).await;
    assert!(matches!(record.outcome(), Outcome::Denied(Denial::Silence)));
    assert_eq!((runs, words.last()), (0, Some(&"timed_out")));
    assert!(
        inbox.open().is_empty(),
        "nobody waits for the answer any more"
    );
}

#[tokio::test]
async fn the_automatic_answer_says_so_in_the_record() {
    let (record, runs, _) = with(Auto::yes_for_tests()).await;
    assert_eq!(
        (record.approved_by(), runs),
        (Some("automatic (nobody was asked)"), 1)
    );
    assert_eq!(with(Auto::no()).await.1, 0);
}

#[tokio::test(start_paused = true)]
async fn an_inbox_takes_one_answer_that_counts() {
    let (executor, store, inbox) = (Counting::ok(), Memory::default(), Inbox::new());
    let runtime = builder(&executor, &store)
        .approver(inbox.clone())
        .build()
        .unwrap();
    let running = tokio::spawn({
        let runtime = runtime.clone();
        async move { runtime.run_one(Action::new("delete_x")).await }
    });
    while inbox.open().is_empty() {
        tokio::task::yield_now().await;
    }
    let request = inbox.open().remove(0);
    let yes = request.answer(Verdict::Yes, "anna");
    let strange = Answer {
        digest: Digest::of("other"),
        ..yes.clone()
    };
    assert!(matches!(
        inbox.answer(strange),
        Err(Refused::DoesNotCount(_))
    ));
    assert_eq!(inbox.open().len(), 1, "a wrong answer changes nothing");
    assert_eq!(inbox.answer(yes.clone()), Ok(()));
    assert_eq!(inbox.answer(yes), Err(Refused::NotOpen(request.id())));
    assert!(running.await.unwrap().outcome().is_done());
    assert_eq!(executor.count(), 1);
}

#[tokio::test]
async fn an_answer_after_the_deadline_does_not_count() {
    let clock = Arc::new(ManualClock::new(Moment::new(1_000_000, 0)));
    let late = Arc::clone(&clock);
    let callback = Callback(move |request: Request| {
        late.advance(request.patience() + Duration::from_nanos(1));
        async move { Ok(request.answer(Verdict::Yes, "anna")) }
    });
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store)
        .approver(callback)
        .clock(clock)
        .build()
        .unwrap();
    let record = runtime.run_one(Action::new("delete_x")).await;
    assert!(
        denial(&record).contains("it came after 1970-01-12T"),
        "{}",
        denial(&record)
    );
    assert_eq!(executor.count(), 0);
}

#[tokio::test]
async fn what_was_approved_is_decided_again_before_it_runs() {
    let place: Arc<Mutex<Option<Runtime>>> = Arc::default();
    let runtime_of = Arc::clone(&place);
    let callback = Callback(move |request: Request| {
        let runtime = runtime_of.lock().unwrap().clone().unwrap();
        async move {
            // While the person thinks, somebody forbids it.
            let text = "rules: [{ name: stop, match: { type: '*' }, risk_level: high, approval: block }]\n";
            runtime.update_policy(policy(text)).await.unwrap();
            Ok(request.answer(Verdict::Yes, "anna"))
        }
    });
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store)
        .approver(callback)
        .build()
        .unwrap();
    *place.lock().unwrap() = Some(runtime.clone());
    let record = runtime.run_one(Action::new("delete_x")).await;
    assert!(matches!(record.outcome(), Outcome::Blocked));
    assert_eq!(
        (record.decided().decided_by(), executor.count()),
        ("stop", 0)
    );
    let words = [
        "escalated",
        "escalated",
        "policy_changed",
        "approved",
        "blocked",
    ];
    assert_eq!(store.results(), words);
}

#[tokio::test]
async fn a_request_shows_what_is_asked_and_no_secrets_or_tricks() {
    let shown: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let seen = Arc::clone(&shown);
    let callback = Callback(move |request: Request| {
        seen.lock()
            .unwrap()
            .push((request.to_string(), request.to_json().to_string()));
        async move { Ok(request.answer(Verdict::No, "anna")) }
    });
    let (executor, store) = (Counting::ok(), Memory::default());
    let runtime = builder(&executor, &store)
        .approver(callback)
        .build()
        .unwrap();
    let action = Action::new("delete_user")
        .target("a\u{1b}[2Jb\napprove")
        .agent("bot\u{202e}")
        .param("password", "hunter2")
        .param("max_tokens", 5)
        .param("reason", "line\u{2028}break");
    runtime.run_one(action).await;
    let shown = shown.lock().unwrap();
    let (text, json) = &shown[0];
    for part in [
        "delete_user",
        "may be needed",
        "rule      ask",
        "high",
        "max_tokens\":5",
        "a\\u{1b}[2Jb\\napprove",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{2028}']), "{text}");
    for text in [text, json] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

/// Both ends of a terminal with somebody at it.
struct Typing(Receiver<Vec<u8>>, Vec<u8>, Arc<AtomicU32>);

impl Read for Typing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.1.is_empty() {
            // Asked again: every line before has been handed on.
            self.2.fetch_add(1, Ordering::SeqCst);
            self.1 = self.0.recv().unwrap_or_default();
        }
        let count = buffer.len().min(self.1.len());
        buffer[..count].copy_from_slice(&self.1[..count]);
        self.1.drain(..count);
        Ok(count)
    }
}

/// Answers what is asked as soon as it is shown whole.
struct Screen(Sender<Vec<u8>>, String, fn(&str) -> String);

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.1.push_str(std::str::from_utf8(bytes).unwrap());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        if let Some((_, after)) = self.1.split_once("`approve ") {
            let code = after.split('`').next().unwrap().to_owned();
            self.1.clear();
            let _ = self.0.send((self.2)(&code).into_bytes());
        }
        Ok(())
    }
}

async fn typed(before: &str, answer: fn(&str) -> String) -> (Record, u32, Vec<&'static str>) {
    let (keys, terminal) = std::sync::mpsc::channel();
    keys.send(before.as_bytes().to_vec()).unwrap();
    let screen = Screen(keys, String::new(), answer);
    let reads = Arc::new(AtomicU32::new(0));
    let typing = Typing(terminal, Vec::new(), Arc::clone(&reads));
    let prompt = Prompt::new("anna", BufReader::new(typing), screen);
    // What was typed before is read before the question is shown.
    while reads.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    with(prompt).await
}

#[tokio::test]
async fn at_the_terminal_only_the_exact_answer_is_a_yes() {
    let yes = typed("early\n", |code| format!("approve {code}\n")).await;
    assert_eq!((yes.0.approved_by(), yes.1), (Some("anna"), 1));
    for no in [
        |_: &str| "y\n".to_owned(),
        |_: &str| "approve\n".to_owned(),
        |_: &str| "\n".to_owned(),
        |code: &str| format!("do not approve {code}\n"),
        |code: &str| format!("approve {code}\0\n"),
        |code: &str| format!("wait\napprove {code}\n"),
    ] {
        let (record, runs, _) = typed("approve\nyes\n", no).await;
        assert_eq!((denial(&record), runs), ("anna said no".into(), 0));
    }
}

#[tokio::test]
async fn a_terminal_that_is_gone_is_a_no() {
    let prompt = Prompt::new("anna", std::io::empty(), std::io::sink());
    tokio::time::sleep(Duration::from_millis(20)).await;
    let (record, runs, _) = with(prompt).await;
    assert_eq!(
        (denial(&record), runs),
        ("asking did not work: the terminal was closed".into(), 0)
    );
}

#[tokio::test]
async fn a_caller_that_gives_up_withdraws_the_question() {
    let (executor, store, inbox) = (Counting::ok(), Memory::default(), Inbox::new());
    let runtime = Runtime::builder()
        .policy(policy(POLICY))
        .executor(executor.clone())
        .approver(inbox.clone())
        .audit(store.clone())
        .build()
        .unwrap();
    let running = runtime.run_one(Action::new("delete_x"));
    let gave_up = tokio::time::timeout(Duration::from_millis(50), running).await;
    assert!(gave_up.is_err() && inbox.open().is_empty());
    assert_eq!(store.results(), ["escalated", "escalated", "cancelled"]);
}
