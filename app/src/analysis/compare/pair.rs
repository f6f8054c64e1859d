//! Old and new.

/// One of the two builds that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// What was there before.
    Old,
    /// What is there now.
    New,
}

impl Side {
    /// Both, the old one first.
    pub const BOTH: [Side; 2] = [Side::Old, Side::New];

    /// One word for people.
    pub const fn name(self) -> &'static str {
        match self {
            Side::Old => "old",
            Side::New => "new",
        }
    }
}

/// Something of each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pair<T> {
    /// That of the old build.
    pub old: T,
    /// That of the new build.
    pub new: T,
}

impl<T> Pair<T> {
    /// What `of` says of each side.
    pub fn of(mut of: impl FnMut(Side) -> T) -> Pair<T> {
        Pair { old: of(Side::Old), new: of(Side::New) }
    }

    /// That of one side.
    pub fn get(&self, side: Side) -> &T {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }

    /// That of one side, to change it.
    pub fn get_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Old => &mut self.old,
            Side::New => &mut self.new,
        }
    }

    /// What `change` makes of each.
    pub fn map<U>(self, mut change: impl FnMut(T) -> U) -> Pair<U> {
        Pair { old: change(self.old), new: change(self.new) }
    }

    /// The same of references.
    pub fn as_ref(&self) -> Pair<&T> {
        Pair { old: &self.old, new: &self.new }
    }
}

impl<T: PartialEq> Pair<T> {
    /// Are both the same?
    pub fn are_equal(&self) -> bool {
        self.old == self.new
    }
}
