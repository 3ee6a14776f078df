//! `aegis monitor`: what agents do, as it happens.

mod screen;

use std::io::{self, IsTerminal};
use std::time::Duration;

use aegis_audit::sqlite::{By, Reader};
use anyhow::{Context, bail};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use self::screen::{ROWS, View};
use super::audit;
use crate::cli::MonitorArgs;
use crate::config::Env;
use crate::exit::Exit;

/// How often the store is looked at.
const PAUSE: Duration = Duration::from_millis(250);

/// Shows a store until `q` is pressed.
pub(crate) fn run(args: &MonitorArgs, env: &Env) -> anyhow::Result<Exit> {
    let reader = audit::open(&args.store, env)?;
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        bail!("`aegis monitor` needs a terminal; `aegis audit --tail` writes anywhere");
    }
    let mut terminal = ratatui::try_init().context("the terminal cannot be used")?;
    let shown = show(&reader, args, &mut terminal);
    // What happened is more important than whether the terminal could be put back.
    ratatui::restore();
    shown.map(|()| Exit::Fine)
}

fn show(
    reader: &Reader,
    args: &MonitorArgs,
    terminal: &mut ratatui::DefaultTerminal,
) -> anyhow::Result<()> {
    let mut view = look(reader, args)?;
    loop {
        terminal.draw(|frame| screen::draw(frame, &view))?;
        if event::poll(PAUSE)? && is_end(&event::read()?) {
            return Ok(());
        }
        if reader.size()? != view.size {
            view = look(reader, args)?;
        }
    }
}

/// What is to be seen now.
fn look(reader: &Reader, args: &MonitorArgs) -> anyhow::Result<View> {
    let filter = args.filter.filter();
    Ok(View {
        size: reader.size()?,
        outcomes: reader.count(&filter, By::Outcome)?,
        rules: reader.count(&filter, By::Rule)?,
        newest: reader.newest(&filter, ROWS)?,
    })
}

fn is_end(event: &Event) -> bool {
    let Event::Key(KeyEvent {
        code,
        modifiers,
        kind,
        ..
    }) = event
    else {
        return false;
    };
    let interrupt = *code == KeyCode::Char('c') && modifiers.contains(KeyModifiers::CONTROL);
    let quit = matches!(code, KeyCode::Char('q') | KeyCode::Esc);
    *kind == KeyEventKind::Press && (interrupt || quit)
}
