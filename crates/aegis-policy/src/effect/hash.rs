//! The hash of the word and tool tables. The build script fills the tables with it and the library
//! looks them up with it, so both compile this file.

/// The state before the first byte.
pub(crate) const START: u32 = 0x811c_9dc5;

/// The state after one more byte (FNV-1a), so that every prefix of a text is hashed on the way.
pub(crate) const fn step(state: u32, byte: u8) -> u32 {
    (state ^ byte as u32).wrapping_mul(0x0100_0193)
}

/// The slot to start at in a table of `slots` places, a power of two. The upper half is folded in:
/// the low bits of this hash alone depend on few bytes.
pub(crate) const fn slot(state: u32, slots: usize) -> usize {
    ((state ^ (state >> 15)) as usize) & (slots - 1)
}

/// Bits that tell apart most texts of one slot.
pub(crate) const fn check(state: u32) -> u16 {
    (state >> 16) as u16
}

/// The state after all of a text.
pub(crate) const fn of(text: &[u8]) -> u32 {
    let mut state = START;
    let mut i = 0;
    while i < text.len() {
        state = step(state, text[i]);
        i += 1;
    }
    state
}
