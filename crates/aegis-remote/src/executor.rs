//! Carrying actions out by calling a web service.

use std::collections::BTreeMap;

use aegis_policy::action::Action;
use aegis_policy::name::Name;
use aegis_policy::value::Value;
use aegis_runtime::{Decided, ExecError, Executor, Output, Pending, Verified};
use hyper::Method;

use crate::client::{Client, ClientError, Response, Url};
use crate::encode::percent;

/// Calls a web service: each action type is one method and one path.
///
/// The host comes from the embedder and nothing an agent sends changes it. In a path `{name}` stands
/// for a parameter and `{target}` for the target, encoded so that they stay one segment. The other
/// parameters become the query of `GET`, `HEAD` and `DELETE`, and the JSON body of other methods.
/// Redirects are not followed.
///
/// What fails before anything was sent, and `429` and `503`, did nothing and may be tried again.
/// Every other failure of the connection or the server may have done something, unless the method
/// is `GET` or `HEAD`.
#[derive(Debug, Clone)]
pub struct HttpExecutor {
    client: Client,
    base: Url,
    headers: Vec<(String, String)>,
    routes: BTreeMap<Box<str>, Route>,
}

#[derive(Debug, Clone)]
struct Route {
    method: Method,
    path: Path,
    check: Option<Path>,
}

/// The pieces of a path.
#[derive(Debug, Clone)]
struct Path(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Param(String),
}

/// Why a route is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// Paths begin with `/` and hold no query.
    #[error("the path `{0}` must begin with `/` and hold no `?` and no `#`")]
    Path(String),
    /// A brace without its partner, or nothing in it.
    #[error("the path `{0}` has a brace without its partner, or an empty one")]
    Brace(String),
    /// Two routes for one action type.
    #[error("`{0}` has a route already")]
    Twice(String),
    /// There is no route to check.
    #[error("`{0}` has no route")]
    None(String),
}

impl Path {
    fn parse(text: &str) -> Result<Self, RouteError> {
        if !text.starts_with('/') || text.starts_with("//") || text.contains(['?', '#']) {
            return Err(RouteError::Path(text.to_owned()));
        }
        let brace = || RouteError::Brace(text.to_owned());
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(brace)?;
            if name.is_empty() || name.contains('{') || before.contains('}') {
                return Err(brace());
            }
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Param(name.to_owned()));
            rest = after;
        }
        if rest.contains('}') {
            return Err(brace());
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Ok(Self(pieces))
    }

    fn takes(&self, param: &str) -> bool {
        self.0
            .iter()
            .any(|piece| matches!(piece, Piece::Param(name) if name == param))
    }

    fn fill(&self, action: &Action) -> Result<String, ExecError> {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Param(name) => out.push_str(&segment(action, name)?),
            }
        }
        Ok(out)
    }
}

fn segment(action: &Action, name: &str) -> Result<String, ExecError> {
    let mut params = action.params().iter();
    let value = params.find(|(key, _)| key == name).map(|(_, value)| value);
    let text = match value {
        Some(value) => scalar(name, value)?,
        None if name == "target" => action.target_name().original().to_owned(),
        None => {
            return Err(ExecError::permanent(format!(
                "parameter `{name}` is missing"
            )));
        }
    };
    // Servers resolve these, encoded or not, so they would leave the path.
    if matches!(text.as_str(), "" | "." | "..") {
        let message = format!("`{name}` is `{text}`, which is no segment of a path");
        return Err(ExecError::permanent(message));
    }
    Ok(percent(&text))
}

fn scalar(name: &str, value: &Value) -> Result<String, ExecError> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.text().to_owned()),
        Value::Bool(value) => Ok(value.to_string()),
        other => {
            let kind = other.kind();
            let message = format!("parameter `{name}` is {kind}, not text, a number or a boolean");
            Err(ExecError::permanent(message))
        }
    }
}

impl HttpExecutor {
    /// Calls a service at this address.
    #[must_use]
    pub fn new(client: Client, base: Url) -> Self {
        Self {
            client,
            base,
            headers: Vec::new(),
            routes: BTreeMap::new(),
        }
    }

    /// Adds a header to every request, such as one that authenticates.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Maps an action type, which is a name and not a pattern, to a method and a path.
    ///
    /// # Errors
    /// A path that is none, and a type that has a route.
    pub fn route(
        mut self,
        action_type: &str,
        method: Method,
        path: &str,
    ) -> Result<Self, RouteError> {
        let route = Route {
            method,
            path: Path::parse(path)?,
            check: None,
        };
        match self
            .routes
            .insert(Name::new(action_type).canonical().into(), route)
        {
            None => Ok(self),
            Some(_) => Err(RouteError::Twice(action_type.to_owned())),
        }
    }

    /// Verifies an action type by a `GET` of this path, which must then be there.
    ///
    /// # Errors
    /// A path that is none, and a type without a route.
    pub fn check(mut self, action_type: &str, path: &str) -> Result<Self, RouteError> {
        let path = Path::parse(path)?;
        match self.routes.get_mut(Name::new(action_type).canonical()) {
            Some(route) => {
                route.check = Some(path);
                Ok(self)
            }
            None => Err(RouteError::None(action_type.to_owned())),
        }
    }

    fn find(&self, action: &Action) -> Result<&Route, ExecError> {
        let route = self.routes.get(action.kind_name().canonical());
        route.ok_or_else(|| ExecError::permanent(format!("`{action}` has no route")))
    }

    async fn call(&self, action: &Action) -> Result<Output, ExecError> {
        let route = self.find(action)?;
        let mut path = route.path.fill(action)?;
        let in_query = matches!(route.method, Method::GET | Method::HEAD | Method::DELETE);
        let rest = action
            .params()
            .iter()
            .filter(|(name, _)| !route.path.takes(name));
        let body = if in_query {
            let mut mark = '?';
            for (name, value) in rest {
                path.push(mark);
                path.push_str(&format!(
                    "{}={}",
                    percent(name),
                    percent(&scalar(name, value)?)
                ));
                mark = '&';
            }
            Vec::new()
        } else {
            let rest: Vec<_> = rest.cloned().collect();
            Value::Object(rest).to_json().into_bytes()
        };
        let safe = matches!(route.method, Method::GET | Method::HEAD);
        let response = self.send(route.method.clone(), &path, body).await;
        judge(&response.map_err(|error| failure(&error, safe))?, safe)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Response, ClientError> {
        let mut headers = vec![("accept", "application/json")];
        if !body.is_empty() {
            headers.push(("content-type", "application/json; charset=utf-8"));
        }
        headers.extend(
            self.headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        self.client
            .send(method, &self.base.join(path), &headers, body)
            .await
    }
}

fn failure(error: &ClientError, safe: bool) -> ExecError {
    let message = error.to_string();
    match error {
        ClientError::NotReached { .. } => ExecError::transient(message),
        ClientError::Broken { .. } if safe => ExecError::transient(message),
        ClientError::Broken { .. } => ExecError::uncertain(message),
        ClientError::Request(_) => ExecError::permanent(message),
    }
}

fn judge(response: &Response, safe: bool) -> Result<Output, ExecError> {
    let status = response.status;
    let text = response.text();
    let said = || {
        let start: String = text.chars().take(200).collect();
        format!(
            "the service answered {status}: {}",
            aegis_runtime::neutral(&start)
        )
    };
    match status {
        200..=299 if text.is_empty() => Ok(Output::nothing()),
        200..=299 => Ok(match Value::from_json(&text) {
            Ok(value) => value.into(),
            Err(_) => text.into(),
        }),
        429 | 503 => {
            let error = ExecError::transient(said());
            Err(match response.retry_after() {
                Some(wait) => error.retry_after(wait),
                None => error,
            })
        }
        408 | 500..=599 if safe => Err(ExecError::transient(said())),
        408 | 500..=599 => Err(ExecError::uncertain(said())),
        _ => Err(ExecError::permanent(said())),
    }
}

impl Executor for HttpExecutor {
    fn handles(&self, action: &Action) -> bool {
        self.find(action).is_ok()
    }

    fn execute<'a>(&'a self, action: &'a Decided) -> Pending<'a, Result<Output, ExecError>> {
        Box::pin(self.call(action.action()))
    }

    fn verify<'a>(
        &'a self,
        action: &'a Decided,
        _: &'a Output,
    ) -> Pending<'a, Result<Verified, ExecError>> {
        Box::pin(async {
            let Some(check) = &self.find(action.action())?.check else {
                return Ok(Verified::Unchecked);
            };
            let path = check.fill(action.action())?;
            let response = self.send(Method::GET, &path, Vec::new()).await;
            let status = response.map_err(|error| failure(&error, true))?.status;
            Ok(match status {
                200..=299 => Verified::Confirmed,
                404 | 410 => Verified::Wrong("it is not there afterwards".to_owned()),
                status => {
                    let message = format!("the service answered {status} when asked about it");
                    return Err(ExecError::permanent(message));
                }
            })
        })
    }
}
