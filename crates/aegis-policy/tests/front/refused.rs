//! Policies that are refused: every mistake with its place, what was expected and what was meant.

mod keys;
mod parameters;
mod patterns;
mod text;
mod times;
mod words;
