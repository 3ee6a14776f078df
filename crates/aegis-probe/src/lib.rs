//! Attacks a policy: what can be known exactly is proved, the rest is searched for.
//!
//! One straight way: a compiled policy and the program's own tools become a [`domain`], the
//! analyses ([`exact`], [`search`]) hand over suspects, [`assemble`] groups them by cause and gives
//! them places, words and severity, [`fix`] tries changes on copies, and [`score`] rates what runs
//! unattended over a fixed reference set. Nothing here reads a clock, a file or a random source.
