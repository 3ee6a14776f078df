//! `aegis score badge`.

use aegis_gate::badge::Badge;

use super::Subject;
use crate::cli::{BadgeArgs, BadgeFormat, Given};
use crate::config::Env;
use crate::exit::Exit;
use crate::output::{self, Streams};

/// From a score, given or computed, to a badge.
pub(super) fn run(args: &BadgeArgs, env: &Env, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let score = match args.score {
        Some(Given(score)) => score,
        None => {
            let subject = Subject::load(&args.subject, args.color.color, env, streams)?;
            let assessed = subject.assess(false)?;
            if let Some(exit) = subject.nothing(&assessed, streams)? {
                return Ok(exit);
            }
            subject.note_missing_policy(streams)?;
            assessed.score.score
        }
    };
    let badge = Badge::new(score);
    let text = match args.format {
        BadgeFormat::Svg => badge.svg(),
        BadgeFormat::Json => badge.endpoint(),
        BadgeFormat::Url => badge.static_url() + "\n",
        BadgeFormat::Markdown => badge.markdown() + "\n",
    };
    match &args.output {
        Some(path) => output::write_file("badge", path, &text)?,
        None => {
            streams.out.write_all(text.as_bytes())?;
            streams.out.flush()?;
        }
    }
    Ok(Exit::Fine)
}
