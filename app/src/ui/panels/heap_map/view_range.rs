//! Which addresses are on screen.

use std::ops::Range;

/// The part of the memory that is on screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ViewRange {
    /// All of it, however large it is.
    #[default]
    Whole,
    /// These addresses.
    Part(Range<u64>),
}

/// Fewer bytes than this are not worth a screen.
const LEAST_BYTES: u64 = 128;

impl ViewRange {
    /// The addresses, within `whole`.
    pub fn of(&self, whole: &Range<u64>) -> Range<u64> {
        match self {
            ViewRange::Whole => whole.clone(),
            ViewRange::Part(part) => part.start.max(whole.start)..part.end.min(whole.end),
        }
    }

    /// Is a part of it on screen?
    pub fn is_part(&self) -> bool {
        *self != ViewRange::Whole
    }

    /// Zoomed by `factor` (above 1 shows less), with `address` staying where it is.
    pub fn zoom(&mut self, whole: &Range<u64>, factor: f64, address: u64) {
        let now = self.of(whole);
        let length = (now.end - now.start) as f64;
        let most = (whole.end - whole.start) as f64;
        let wanted = (length / factor).clamp((LEAST_BYTES as f64).min(most), most);
        let before = (address.saturating_sub(now.start)) as f64 / length.max(1.0);
        let start = (address as f64 - before * wanted).max(0.0) as u64;
        self.set(whole, start, wanted as u64);
    }

    /// These addresses, as far as they are in `whole`.
    pub fn show(&mut self, whole: &Range<u64>, part: Range<u64>) {
        let length = part.end.saturating_sub(part.start).max(LEAST_BYTES);
        self.set(whole, part.start, length);
    }

    /// Moved by so many bytes towards higher addresses.
    pub fn shift(&mut self, whole: &Range<u64>, bytes: f64) {
        if let ViewRange::Part(now) = self.clone() {
            let start = (now.start as f64 + bytes).max(0.0) as u64;
            self.set(whole, start, now.end - now.start);
        }
    }

    fn set(&mut self, whole: &Range<u64>, start: u64, length: u64) {
        let length = length.max(1);
        if length >= whole.end.saturating_sub(whole.start) {
            *self = ViewRange::Whole;
            return;
        }
        let start = start.clamp(whole.start, whole.end - length);
        *self = ViewRange::Part(start..start + length);
    }
}

#[cfg(test)]
mod tests {
    use super::ViewRange;

    const WHOLE: std::ops::Range<u64> = 0..1 << 20;

    #[test]
    fn zooming_out_ends_with_the_whole() {
        let mut range = ViewRange::Whole;
        range.zoom(&WHOLE, 4.0, 1 << 19);
        assert_eq!(range.of(&WHOLE), (3 << 17)..(5 << 17));
        range.zoom(&WHOLE, 0.1, 1 << 19);
        assert_eq!(range, ViewRange::Whole);
    }

    #[test]
    fn moving_stays_inside() {
        let mut range = ViewRange::Part(100..1100);
        range.shift(&WHOLE, -1e9);
        assert_eq!(range.of(&WHOLE), 0..1000);
        range.shift(&WHOLE, 1e12);
        assert_eq!(range.of(&WHOLE), (1 << 20) - 1000..1 << 20);
    }

    #[test]
    fn zooming_in_stops_before_nothing_is_left() {
        let mut range = ViewRange::Whole;
        range.zoom(&WHOLE, 1e30, 5);
        assert_eq!(range.of(&WHOLE).end - range.of(&WHOLE).start, 128);
    }
}
