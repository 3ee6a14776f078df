//! `aegis man`.

use std::fmt::Write;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::Cli;
use crate::config::Env;
use crate::exit::Exit;
use crate::output::Streams;

/// Prints the man page of the whole tool.
pub(crate) fn run(streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    streams.out.write_all(page()?.as_bytes())?;
    Ok(Exit::Fine)
}

/// The head, a section per command, then what all of them share.
fn page() -> anyhow::Result<String> {
    let mut tool = Cli::command();
    tool.build();
    let mut bytes = Vec::new();
    let head = Man::new(tool.clone()).manual("Aegis Manual");
    head.render_title(&mut bytes)?;
    head.render_name_section(&mut bytes)?;
    head.render_synopsis_section(&mut bytes)?;
    head.render_description_section(&mut bytes)?;
    let mut out = without_repeated_preamble(&bytes);
    for command in leaves(&tool) {
        let name = command
            .get_bin_name()
            .unwrap_or_else(|| command.get_name())
            .to_uppercase();
        let man = Man::new(command.clone().disable_help_flag(true));
        let mut bytes = Vec::new();
        man.render_description_section(&mut bytes)?;
        man.render_synopsis_section(&mut bytes)?;
        man.render_options_section(&mut bytes)?;
        let body = without_repeated_preamble(&bytes).replacen(".SH DESCRIPTION\n", "", 1);
        let body: String = body
            .lines()
            .filter(|line| !is_preamble(line))
            .map(|line| below(line) + "\n")
            .collect();
        let _ = write!(out, ".SH \"{name}\"\n{body}");
    }
    section(
        &mut out,
        "EXIT STATUS",
        Exit::ALL
            .iter()
            .map(|(_, code, meaning)| (code.to_string(), *meaning)),
    );
    section(
        &mut out,
        "ENVIRONMENT",
        Env::TABLE
            .iter()
            .map(|(name, meaning)| ((*name).to_owned(), *meaning)),
    );
    let file = "settings, read from the closest one, looking upwards from the first path";
    section(
        &mut out,
        "FILES",
        std::iter::once(("aegis.yaml".to_owned(), file)),
    );
    Ok(out)
}

/// The commands that do something, in order.
pub(crate) fn leaves(command: &Command) -> Vec<&Command> {
    if !command.has_subcommands() {
        return vec![command];
    }
    command.get_subcommands().flat_map(leaves).collect()
}

/// Every part comes with the same first lines; once is enough.
fn without_repeated_preamble(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line =
        |(i, line): (usize, &str)| (i < 2 || !is_preamble(line)).then(|| format!("{line}\n"));
    text.lines().enumerate().filter_map(line).collect()
}

fn is_preamble(line: &str) -> bool {
    line.starts_with(".ie \\n(.g") || line.starts_with(".el .ds Aq")
}

/// A heading one level down.
fn below(line: &str) -> String {
    line.strip_prefix(".SH ")
        .map_or_else(|| line.to_owned(), |title| format!(".SS {title}"))
}

fn section(out: &mut String, title: &str, rows: impl Iterator<Item = (String, &'static str)>) {
    let _ = writeln!(out, ".SH \"{title}\"");
    for (word, meaning) in rows {
        let _ = writeln!(out, ".TP\n\\fB{}\\fR\n{}", escaped(&word), escaped(meaning));
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_command_and_every_option() {
        let page = page().unwrap();
        let mut tool = Cli::command();
        tool.build();
        for command in leaves(&tool) {
            let name = command.get_bin_name().unwrap().to_uppercase();
            assert!(page.contains(&format!(".SH \"{name}\"")), "{name}");
            for long in command
                .get_arguments()
                .filter_map(clap::Arg::get_long)
                .filter(|long| *long != "help")
            {
                assert!(
                    page.contains(&format!("\\-\\-{}", long.replace('-', "\\-"))),
                    "{name} {long}"
                );
            }
        }
        assert!(page.contains(".SH \"EXIT STATUS\""));
        assert_eq!(page.matches(".ie \\n(.g").count(), 1);
    }
}
