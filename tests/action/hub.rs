//! A host that plays GitHub's REST API. Every request is checked against GitHub's own description
//! (`fixtures/github/openapi.json`) and against the limits that the description leaves out.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::harness::repository;

/// The token that the host accepts.
pub(crate) const TOKEN: &str = "ghs_tokenOfTheTest0123456789";
const COMMENT_CHARS: usize = 65_536;
const SARIF_BYTES: usize = 10_000_000;

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Value,
}

/// An answer other than the usual one.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    method: &'static str,
    path: &'static str,
    times: usize,
    answer: Answer,
}

#[derive(Debug, Clone, Default)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Value,
    /// Close the connection without a word.
    silent: bool,
    /// Do what was asked for all the same, and then answer so.
    done: bool,
}

#[derive(Debug, Default)]
struct State {
    comments: Vec<Value>,
    checks: Vec<Value>,
    statuses: Vec<Value>,
    sarifs: Vec<Value>,
    requests: Vec<Seen>,
    faults: Vec<Fault>,
    /// What was wrong with requests.
    wrong: Vec<String>,
    files: BTreeMap<String, Vec<u8>>,
    me: Option<String>,
}

/// The host.
pub(crate) struct Hub {
    address: String,
    state: Arc<Mutex<State>>,
}

impl Hub {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, host) = (Arc::clone(&state), address.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, host) = (Arc::clone(&shared), host.clone());
                thread::spawn(move || serve(stream, &state, &host));
            }
        });
        Self { address, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// As on an Enterprise host: below a path.
    pub(crate) fn api_url(&self) -> String {
        format!("http://{}/api/v3", self.address)
    }

    pub(crate) fn server_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers so to the next requests of this kind, instead of doing what they ask.
    pub(crate) fn refuse(
        &self,
        method: &'static str,
        path: &'static str,
        times: usize,
        status: u16,
        headers: &[(&str, &str)],
        message: &str,
    ) {
        let headers = headers
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let body = json!({"message": message, "documentation_url": "https://docs.github.com/rest"});
        let answer = Answer {
            status,
            headers,
            body,
            ..Answer::default()
        };
        self.state().faults.push(Fault {
            method,
            path,
            times,
            answer,
        });
    }

    /// Does what the next request asks for, and then fails all the same.
    pub(crate) fn fail_late(&self, method: &'static str, path: &'static str) {
        let answer = Answer {
            status: 502,
            done: true,
            ..Answer::default()
        };
        self.state().faults.push(Fault {
            method,
            path,
            times: 1,
            answer,
        });
    }

    /// Hangs up on the next requests of this kind.
    pub(crate) fn hang_up(&self, method: &'static str, path: &'static str, times: usize) {
        let answer = Answer {
            silent: true,
            ..Answer::default()
        };
        self.state().faults.push(Fault {
            method,
            path,
            times,
            answer,
        });
    }

    /// A comment that is there before.
    pub(crate) fn comment(&self, login: &str, kind: &str, body: &str) -> u64 {
        let mut state = self.state();
        let id = 1 + state.comments.len() as u64;
        let mut comment = example(
            "POST",
            "/repos/{owner}/{repo}/issues/{issue_number}/comments",
        );
        comment["id"] = json!(id);
        comment["body"] = json!(body);
        comment["user"]["login"] = json!(login);
        comment["user"]["type"] = json!(kind);
        state.comments.push(comment);
        id
    }

    /// The token is that of a person.
    pub(crate) fn token_of(&self, login: &str) {
        self.state().me = Some(login.to_owned());
    }

    /// A file outside the API, such as an archive of a release.
    pub(crate) fn file(&self, path: &str, bytes: &[u8]) {
        self.state().files.insert(path.to_owned(), bytes.to_vec());
    }

    pub(crate) fn comments(&self) -> Vec<Value> {
        self.state().comments.clone()
    }

    pub(crate) fn checks(&self) -> Vec<Value> {
        self.state().checks.clone()
    }

    pub(crate) fn statuses(&self) -> Vec<Value> {
        self.state().statuses.clone()
    }

    pub(crate) fn sarifs(&self) -> Vec<Value> {
        self.state().sarifs.clone()
    }

    /// Method and path of every request, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        let state = self.state();
        state
            .requests
            .iter()
            .map(|r| format!("{} {}", r.method, r.path))
            .collect()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state().requests.clone()
    }

    /// Asserts that nothing was wrong with any request.
    #[track_caller]
    pub(crate) fn content(&self) {
        let state = self.state();
        assert!(state.wrong.is_empty(), "{:#?}", state.wrong);
    }
}

/// What GitHub gives as an example of an answer.
fn example(method: &str, template: &str) -> Value {
    let endpoints = openapi();
    let found = endpoints
        .iter()
        .find(|e| e["method"] == method && e["path"] == template);
    found.unwrap()["answer"]["body"].clone()
}

fn openapi() -> Vec<Value> {
    let path = repository().join("fixtures/github/openapi.json");
    let text = std::fs::read_to_string(path).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    document["endpoints"].as_array().unwrap().clone()
}

fn serve(stream: TcpStream, state: &Mutex<State>, host: &str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some((request, headers)) = read(&mut reader) {
        let answer = answer(&request, &headers, &mut state.lock().unwrap(), host);
        let Some(answer) = answer else { return };
        if stream.write_all(&answer).is_err() {
            return;
        }
    }
}

/// The next request on a connection, with its headers in lower case.
fn read(reader: &mut impl BufRead) -> Option<(Seen, BTreeMap<String, String>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body).ok()?
    };
    let (path, query) = (path.to_owned(), query.to_owned());
    Some((
        Seen {
            method,
            path,
            query,
            body,
        },
        headers,
    ))
}

fn http(status: u16, headers: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

fn answer(
    request: &Seen,
    headers: &BTreeMap<String, String>,
    state: &mut State,
    host: &str,
) -> Option<Vec<u8>> {
    if let Some(bytes) = state.files.get(&request.path) {
        return Some(http(200, &[], bytes));
    }
    let Some(path) = request.path.strip_prefix("/api/v3") else {
        return Some(http(404, &[], b""));
    };
    let request = Seen {
        path: path.to_owned(),
        ..request.clone()
    };
    state.requests.push(request.clone());
    let fault = state.faults.iter_mut().find(|fault| {
        fault.times > 0 && fault.method == request.method && request.path.contains(fault.path)
    });
    if let Some(fault) = fault {
        fault.times -= 1;
        let answer = fault.answer.clone();
        if answer.done {
            act(&request, headers, state, host);
        }
        let body = answer.body.to_string();
        return (!answer.silent).then(|| http(answer.status, &answer.headers, body.as_bytes()));
    }
    let answer = act(&request, headers, state, host);
    Some(http(
        answer.status,
        &answer.headers,
        answer.body.to_string().as_bytes(),
    ))
}

fn says(status: u16, body: Value) -> Answer {
    Answer {
        status,
        body,
        ..Answer::default()
    }
}

fn no(status: u16, message: &str) -> Answer {
    says(status, json!({ "message": message }))
}

/// Checks a request and does what it asks for.
fn act(
    request: &Seen,
    headers: &BTreeMap<String, String>,
    state: &mut State,
    host: &str,
) -> Answer {
    let Some((endpoint, parameters)) = find(request) else {
        state.wrong.push(format!(
            "no such endpoint: {} {}",
            request.method, request.path
        ));
        return no(404, "Not Found");
    };
    let mistakes = mistakes(request, headers, &endpoint, &parameters);
    if !mistakes.is_empty() {
        state.wrong.extend(
            mistakes
                .iter()
                .map(|m| format!("{} {}: {m}", request.method, request.path)),
        );
        return no(422, &mistakes.join("; "));
    }
    let mut body = endpoint["answer"]["body"].clone();
    let status = u16::try_from(endpoint["answer"]["status"].as_u64().unwrap()).unwrap();
    let template = endpoint["path"].as_str().unwrap();
    match (request.method.as_str(), template) {
        ("GET", "/user") => match &state.me {
            Some(login) => body["login"] = json!(login),
            None => return no(403, "Resource not accessible by integration"),
        },
        ("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments") => {
            return comments(request, state, host);
        }
        (_, "/repos/{owner}/{repo}/issues/{issue_number}/comments") => {
            if let Some(refusal) = too_long(request) {
                return refusal;
            }
            body["id"] = json!(1 + state.comments.len());
            body["body"] = request.body["body"].clone();
            body["user"] = json!({"login": "github-actions[bot]", "type": "Bot", "id": 41_898_282});
            state.comments.push(body.clone());
        }
        (_, "/repos/{owner}/{repo}/issues/comments/{comment_id}") => {
            if let Some(refusal) = too_long(request) {
                return refusal;
            }
            let id: u64 = parameters["comment_id"].parse().unwrap();
            let Some(comment) = state.comments.iter_mut().find(|c| c["id"] == id) else {
                return no(404, "Not Found");
            };
            comment["body"] = request.body["body"].clone();
            body = comment.clone();
        }
        ("POST", "/repos/{owner}/{repo}/check-runs") => {
            body["id"] = json!(4 + state.checks.len());
            let mut check = request.body.clone();
            check["batches"] = json!([batch(request)]);
            state.checks.push(check);
        }
        ("PATCH", _) => {
            let id: usize = parameters["check_run_id"].parse().unwrap();
            let Some(check) = state.checks.get_mut(id - 4) else {
                return no(404, "Not Found");
            };
            check["batches"]
                .as_array_mut()
                .unwrap()
                .push(batch(request));
            for key in ["status", "conclusion"] {
                if !request.body[key].is_null() {
                    check[key] = request.body[key].clone();
                }
            }
        }
        ("POST", "/repos/{owner}/{repo}/statuses/{sha}") => {
            if request.body["description"]
                .as_str()
                .is_some_and(|d| d.chars().count() > 140)
            {
                return no(422, "description is too long (maximum is 140 characters)");
            }
            let mut sent = request.body.clone();
            sent["sha"] = json!(parameters["sha"]);
            state.statuses.push(sent);
        }
        ("POST", "/repos/{owner}/{repo}/code-scanning/sarifs") => {
            return sarif(request, state, body);
        }
        ("GET", _) => {
            body["processing_status"] = json!("complete");
            body["errors"] = Value::Null;
        }
        other => {
            state
                .wrong
                .push(format!("the test host does not play {other:?}"));
        }
    }
    says(status, body)
}

fn batch(request: &Seen) -> Value {
    json!(
        request.body["output"]["annotations"]
            .as_array()
            .map_or(0, Vec::len)
    )
}

fn too_long(request: &Seen) -> Option<Answer> {
    let length = request.body["body"].as_str()?.chars().count();
    (length > COMMENT_CHARS).then(|| no(422, "body is too long (maximum is 65536 characters)"))
}

fn comments(request: &Seen, state: &State, host: &str) -> Answer {
    let number = |name: &str, default: usize| {
        let pair = request
            .query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name));
        pair.map_or(default, |n| n.parse().unwrap())
    };
    let (size, page) = (number("per_page=", 30).min(100), number("page=", 1));
    let shown: Vec<_> = state
        .comments
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .collect();
    let mut answer = says(200, json!(shown));
    if page * size < state.comments.len() {
        let next = format!(
            "http://{host}/api/v3{}?per_page={size}&page={}",
            request.path,
            page + 1
        );
        answer
            .headers
            .push(("link".into(), format!("<{next}>; rel=\"next\"")));
    }
    answer
}

fn sarif(request: &Seen, state: &mut State, body: Value) -> Answer {
    if request.body["ref"]
        .as_str()
        .unwrap()
        .starts_with("refs/heads/gh-readonly-queue/")
    {
        return no(404, "ref not found in this repository");
    }
    let text = request.body["sarif"].as_str().unwrap();
    let packed = base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap_or_default();
    if packed.len() > SARIF_BYTES {
        return no(413, "Payload Too Large");
    }
    let mut bytes = Vec::new();
    let unpacked = flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes);
    let sarif: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if unpacked.is_err() || sarif["version"] != "2.1.0" || !sarif["runs"].is_array() {
        state
            .wrong
            .push("the SARIF file is not gzip, base64 and SARIF 2.1.0".to_owned());
        return no(400, "Invalid SARIF");
    }
    let mut sent = request.body.clone();
    sent["sarif"] = sarif;
    state.sarifs.push(sent);
    says(202, body)
}

/// The endpoint of a request, and the values in its path.
fn find(request: &Seen) -> Option<(Value, BTreeMap<String, String>)> {
    openapi()
        .into_iter()
        .filter(|e| e["method"] == request.method.as_str())
        .find_map(|endpoint| {
            let template = endpoint["path"].as_str().unwrap().to_owned();
            let (steps, want): (Vec<_>, Vec<_>) = (
                request.path.split('/').collect(),
                template.split('/').collect(),
            );
            let mut parameters = BTreeMap::new();
            for (step, want) in steps.iter().zip(&want) {
                match want.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
                    Some(name) => drop(parameters.insert(name.to_owned(), (*step).to_owned())),
                    None if step == want => {}
                    None => return None,
                }
            }
            (steps.len() == want.len()).then_some((endpoint, parameters))
        })
}

fn mistakes(
    request: &Seen,
    headers: &BTreeMap<String, String>,
    endpoint: &Value,
    parameters: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let header = |name: &str| headers.get(name).map_or("", String::as_str);
    if header("authorization") != format!("Bearer {TOKEN}") {
        wrong.push("not signed with the token".to_owned());
    }
    for (name, want) in [
        ("accept", "application/vnd.github+json"),
        ("x-github-api-version", "2022-11-28"),
    ] {
        if header(name) != want {
            wrong.push(format!("header {name} is `{}`", header(name)));
        }
    }
    if !header("user-agent").starts_with("aegis/") {
        wrong.push("no user agent, without which GitHub refuses".to_owned());
    }
    let query = request
        .query
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
    for (name, value) in query.chain(parameters.clone()) {
        let known = endpoint["parameters"].as_array().unwrap();
        let Some(parameter) = known.iter().find(|p| p["name"] == name.as_str()) else {
            wrong.push(format!("there is no parameter `{name}`"));
            continue;
        };
        let value = match parameter["schema"]["type"].as_str() {
            Some("integer") => value.parse::<u64>().map_or(json!(value), |n| json!(n)),
            _ => json!(value),
        };
        wrong.extend(violations(&parameter["schema"], &value));
    }
    if !endpoint["body"].is_null() {
        wrong.extend(violations(&endpoint["body"], &request.body));
    }
    wrong
}

fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator
        .iter_errors(value)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect()
}
