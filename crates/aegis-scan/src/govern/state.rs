//! What is certainly and what is possibly switched on, and how code changes that.

/// Entered through a guard: everything is covered.
pub(crate) const GUARD: u128 = 1 << 127;

/// Instrumentation that is on: certainly, and possibly. A bit per target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    pub(crate) must: u128,
    pub(crate) may: u128,
}

impl State {
    /// Certainly on.
    pub(crate) fn on(bits: u128) -> Self {
        Self {
            must: bits,
            may: bits,
        }
    }

    /// Either of two ways here, for one site: covered by different targets on each way is covered.
    pub(crate) fn join_for(self, other: Self, bits: u128) -> Self {
        let both = self.must & bits != 0 && other.must & bits != 0;
        let joined = self.join(other);
        if both {
            Self {
                must: joined.must | (self.must & bits),
                ..joined
            }
        } else {
            joined
        }
    }

    /// Either of two ways here.
    pub(crate) fn join(self, other: Self) -> Self {
        Self {
            must: self.must & other.must,
            may: self.may | other.may,
        }
    }
}

/// One bit function for all bits: `keep` passes a bit on, `set` sets it, neither clears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bits {
    keep: u128,
    set: u128,
}

impl Bits {
    const SAME: Self = Self {
        keep: u128::MAX,
        set: 0,
    };

    fn apply(self, x: u128) -> u128 {
        (x & self.keep) | self.set
    }

    fn then(self, next: Self) -> Self {
        Self {
            keep: self.keep & next.keep,
            set: (self.set & next.keep) | next.set,
        }
    }

    /// Both must hold.
    fn and(self, o: Self) -> Self {
        let set = self.set & o.set;
        Self {
            keep: (self.keep | self.set) & (o.keep | o.set),
            set,
        }
    }

    /// Either may hold.
    fn or(self, o: Self) -> Self {
        Self {
            keep: self.keep | o.keep,
            set: self.set | o.set,
        }
    }
}

/// How running some code changes the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Change {
    must: Bits,
    may: Bits,
}

impl Change {
    /// Changes nothing.
    pub(crate) const NONE: Self = Self {
        must: Bits::SAME,
        may: Bits::SAME,
    };

    /// Switches bits on.
    pub(crate) fn on(bits: u128) -> Self {
        let b = Bits {
            keep: u128::MAX,
            set: bits,
        };
        Self { must: b, may: b }
    }

    /// Perhaps switches bits on.
    pub(crate) fn perhaps_on(bits: u128) -> Self {
        Self {
            must: Bits::SAME,
            may: Bits {
                keep: u128::MAX,
                set: bits,
            },
        }
    }

    /// Switches bits off.
    pub(crate) fn off(bits: u128) -> Self {
        let b = Bits {
            keep: !bits,
            set: 0,
        };
        Self { must: b, may: b }
    }

    /// The same, but what guards this scope is none of the caller's business.
    pub(crate) fn without_guard(self) -> Self {
        let same = |b: Bits| Bits {
            keep: b.keep | GUARD,
            set: b.set & !GUARD,
        };
        Self {
            must: same(self.must),
            may: same(self.may),
        }
    }

    pub(crate) fn apply(self, s: State) -> State {
        State {
            must: self.must.apply(s.must),
            may: self.may.apply(s.may),
        }
    }

    /// This, then that.
    pub(crate) fn then(self, next: Self) -> Self {
        Self {
            must: self.must.then(next.must),
            may: self.may.then(next.may),
        }
    }

    /// Either this or that.
    pub(crate) fn join(self, o: Self) -> Self {
        Self {
            must: self.must.and(o.must),
            may: self.may.or(o.may),
        }
    }
}

/// Joins where one side may not continue at all.
pub(crate) fn either(a: Option<Change>, b: Option<Change>) -> Option<Change> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.join(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_switched_on_in_one_branch_is_only_possibly_on() {
        let s = Change::on(1).join(Change::NONE).apply(State::default());
        assert_eq!(s, State { must: 0, may: 1 });
        let s = Change::on(1).join(Change::on(3)).apply(State::default());
        assert_eq!(s, State { must: 1, may: 3 });
    }

    #[test]
    fn composition_is_application_in_turn() {
        let start = State { must: 4, may: 6 };
        let (a, b) = (Change::on(1).join(Change::NONE), Change::off(5));
        assert_eq!(a.then(b).apply(start), b.apply(a.apply(start)));
        let joined = Change::off(4).join(Change::on(8));
        assert_eq!(
            joined.apply(start),
            Change::off(4).apply(start).join(Change::on(8).apply(start))
        );
    }
}
