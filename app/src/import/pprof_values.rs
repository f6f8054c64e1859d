//! What the values of pprof's samples are: time, or one of the quantities that we know.

use wasmscope_instrument::recording::Quantity;

/// A column of values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ValueType {
    /// `cpu`, `alloc_space`.
    pub(super) kind: String,
    /// `nanoseconds`, `bytes`, `count`.
    pub(super) unit: String,
}

/// What is made of the columns.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Use {
    /// The column of time, and what one in it is in nanoseconds.
    pub(super) time: Option<(usize, f64)>,
    /// The other columns of use.
    pub(super) sums: Vec<(usize, Quantity)>,
    /// The column of time is of another kind, and shown as such for want of a better one.
    pub(super) is_no_time: bool,
}

/// `period` is in units of `period_type`; `default` is the column that the profile is about, if it tells.
pub(super) fn use_of(types: &[ValueType], period: Option<(&ValueType, u64)>, default: Option<usize>) -> Use {
    let mut sums: Vec<(usize, Quantity)> = Vec::new();
    for (column, quantity) in types.iter().map(quantity).enumerate() {
        let Some(quantity) = quantity else { continue };
        if !sums.iter().any(|(_, known)| *known == quantity) {
            sums.push((column, quantity));
        }
    }
    let time = |column: usize| Some((column, nanos(&types.get(column)?.unit)?));
    let last = (0..types.len()).rev().find_map(time);
    let by_period = || {
        let (kind, period) = period.filter(|(_, period)| *period > 0)?;
        let counts = types.iter().position(|ty| ty.kind == "samples" || ty.kind == "sample")?;
        Some((counts, nanos(&kind.unit)? * period as f64))
    };
    if let Some(time) = default.and_then(time).or(last).or_else(by_period) {
        return Use { time: Some(time), sums, is_no_time: false };
    }
    let is_no_time = sums.is_empty() && !types.is_empty();
    let column = default.filter(|column| *column < types.len()).unwrap_or(types.len().saturating_sub(1));
    Use { time: is_no_time.then_some((column, 1.0)), sums, is_no_time }
}

fn nanos(unit: &str) -> Option<f64> {
    Some(match unit {
        "nanoseconds" | "nanosecond" | "ns" => 1.0,
        "microseconds" | "microsecond" | "us" => 1e3,
        "milliseconds" | "millisecond" | "ms" => 1e6,
        "seconds" | "second" | "s" => 1e9,
        _ => return None,
    })
}

fn quantity(ty: &ValueType) -> Option<Quantity> {
    Some(match (ty.kind.as_str(), ty.unit.as_str()) {
        ("calls", _) => Quantity::Calls,
        ("instructions", _) => Quantity::Instructions,
        ("alloc_objects" | "allocations", _) => Quantity::Allocations,
        ("alloc_space" | "allocated" | "allocated_bytes", "bytes") => Quantity::AllocatedBytes,
        ("inuse_space" | "space" | "live" | "live_bytes", "bytes") => Quantity::LiveBytes,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(text: &str) -> Vec<ValueType> {
        let of = |(kind, unit): (&str, &str)| ValueType { kind: kind.to_owned(), unit: unit.to_owned() };
        text.split(' ').filter_map(|word| word.split_once('/')).map(of).collect()
    }

    #[test]
    fn time_goes_first_and_what_is_known_goes_along() {
        let period = types("cpu/milliseconds");
        let with = |text, default| use_of(&types(text), Some((&period[0], 10)), default);
        let used = with("samples/count cpu/nanoseconds", None);
        assert_eq!((used.time, used.sums.len()), (Some((1, 1.0)), 0));
        assert_eq!(with("samples/count", None).time, Some((0, 1e7)));
        assert_eq!(with("cpu/ns wall/us", Some(0)).time, Some((0, 1.0)));
        let heap = use_of(
            &types("alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes"),
            None,
            None,
        );
        let quantities =
            [(0, Quantity::Allocations), (1, Quantity::AllocatedBytes), (3, Quantity::LiveBytes)];
        assert_eq!(heap, Use { time: None, sums: quantities.to_vec(), is_no_time: false });
        let other = use_of(&types("goroutine/count"), None, None);
        assert_eq!((other.time, other.is_no_time), (Some((0, 1.0)), true));
        assert_eq!(use_of(&[], None, None), Use::default());
    }
}
