//! From a request to a yes that counts, or a denial.

use aegis_policy::clock::Moment;
use aegis_policy::name::Name;

use super::{Answer, Approver, ApproverError, Denial, Request, Verdict, Yes};
use crate::clock::Clock;
use crate::guarded;

/// Asks, and judges what comes back.
pub(crate) async fn ask(
    approver: &dyn Approver,
    request: &Request,
    clock: &dyn Clock,
) -> Result<Yes, Denial> {
    let asking = guarded::wait(|| approver.ask(request));
    let answer = match tokio::time::timeout(request.patience, asking).await {
        Err(_) => return Err(Denial::Silence),
        Ok(Err(panic)) => {
            let message = format!("the approver panicked: {}", panic.0);
            return Err(Denial::Failed(ApproverError(message)));
        }
        Ok(Ok(answer)) => answer?,
    };
    judge(request, answer, approver.channel(), clock.now())
}

fn judge(request: &Request, answer: Answer, channel: &str, now: Moment) -> Result<Yes, Denial> {
    if answer.verdict != Verdict::Yes {
        return Err(Denial::No {
            by: answer.by,
            comment: answer.comment,
        });
    }
    if let Some(why) = rule_out(request, &answer, now) {
        return Err(Denial::DoesNotCount(why));
    }
    Ok(Yes {
        digest: answer.digest,
        by: answer.by,
        channel: channel.to_owned(),
        comment: answer.comment,
    })
}

/// Why an answer does not count, if it does not.
pub(crate) fn rule_out(request: &Request, answer: &Answer, now: Moment) -> Option<String> {
    if answer.request != request.id() {
        return Some(format!("it names request {}", answer.request));
    }
    if answer.digest != request.digest() {
        return Some(format!("it names the action with digest {}", answer.digest));
    }
    if now > request.deadline() {
        return Some(format!("it came after {}", request.deadline()));
    }
    let by = Name::new(&answer.by);
    if by.canonical().is_empty() {
        return Some("it does not say who gave it".to_owned());
    }
    let agents = request.decided.chain().iter().map(|agent| Name::new(agent));
    let mut agents = agents.chain([request.decided.action().agent_name().clone()]);
    if agents.any(|agent| agent.canonical() == by.canonical()) {
        return Some(format!("{} asks for itself", answer.by));
    }
    None
}
