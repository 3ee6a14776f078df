//! The Action and what it publishes, run as GitHub would run it: its steps under the runner's shell,
//! real events, real git repositories, and a host on this machine that checks every request against
//! GitHub's description of its API.

mod gate;
mod hub;
mod install;
mod lint;
mod publish;
mod release;
mod runner;
