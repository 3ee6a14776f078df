//! Code of others, run so that its panic is a value.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;

/// What a panic said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Panic(pub(crate) String);

impl Panic {
    fn of(payload: &(dyn Any + Send)) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned());
        let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Self(text.unwrap_or_else(|| "without a message".to_owned()))
    }
}

/// Calls a function.
pub(crate) fn call<T>(function: impl FnOnce() -> T) -> Result<T, Panic> {
    // What a panic may have left half done belongs to the code that panicked.
    catch_unwind(AssertUnwindSafe(function)).map_err(|payload| Panic::of(&*payload))
}

/// Makes a future and waits for it.
pub(crate) async fn wait<F: Future>(make: impl FnOnce() -> F) -> Result<F::Output, Panic> {
    let mut future = pin!(call(make)?);
    poll_fn(|context| match call(|| future.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => std::task::Poll::Ready(Err(panic)),
    })
    .await
}
