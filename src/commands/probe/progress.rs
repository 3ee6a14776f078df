//! A sign of life on stderr: on a terminal only, and only when it lasts.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::output::printable;

/// Nothing is drawn before this.
const PATIENCE: Duration = Duration::from_millis(700);
/// How often it is drawn.
const STEP: Duration = Duration::from_millis(120);
/// How wide the moving bar is.
const WIDTH: usize = 20;

/// Draws until it is dropped.
pub(super) struct Progress {
    /// Dropped first, which tells the thread to end.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to draw, if anyone sees it.
    pub(super) fn start(what: &str) -> Self {
        if !io::stderr().is_terminal() {
            return Self {
                stop: None,
                thread: None,
            };
        }
        let (stop, stopped) = channel();
        let what = printable(what, &[]);
        Self {
            stop: Some(stop),
            thread: Some(thread::spawn(move || draw(&what, &stopped))),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A bar that could not be drawn is no reason to fail.
            let _ = thread.join();
        }
    }
}

fn draw(what: &str, stopped: &Receiver<()>) {
    let started = Instant::now();
    let mut wait = PATIENCE;
    let mut drawn = false;
    let mut err = io::stderr();
    let mut at = 0;
    while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        wait = STEP;
        drawn = true;
        at = (at + 1) % WIDTH;
        let bar: String = (0..WIDTH)
            .map(|i| {
                if (i + WIDTH - at) % WIDTH < 5 {
                    '#'
                } else {
                    '.'
                }
            })
            .collect();
        let seconds = started.elapsed().as_secs();
        let _ = write!(err, "\r[{bar}] probing {what}, {seconds} s ");
        let _ = err.flush();
    }
    if drawn {
        let _ = write!(err, "\r\x1b[2K");
        let _ = err.flush();
    }
}
