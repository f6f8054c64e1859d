//! Numbers for people: units that scale by themselves.

use crate::analysis::Unit;
use wasmscope_instrument::recording::CallTimes;

/// Part / whole, from 0 to 1; 0 where the whole is 0.
pub fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A share from 0 to 1 as text: `12.3 %`. What is there but rounds to nothing is `<0.1 %`.
pub fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.0005 { "<0.1 %".to_owned() } else { format!("{:.1} %", share * 100.0) }
}

/// A time: `950 ns`, `12.3 µs`, `1.20 ms`, `3.45 s`, `2 min 05 s`.
pub fn nanos(nanos: u64) -> String {
    const MINUTE_NANOS: u64 = 60_000_000_000;
    if nanos >= MINUTE_NANOS {
        let seconds = nanos / 1_000_000_000;
        return format!("{} min {:02} s", seconds / 60, seconds % 60);
    }
    scaled(nanos, 1_000, &["ns", "µs", "ms", "s"])
}

/// A size: `12 B`, `1.50 KiB`, `64.0 KiB`, `4.00 GiB`.
pub fn bytes(bytes: u64) -> String {
    scaled(bytes, 1_024, &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
}

/// A number of things: `999`, `12.3 k`, `1.20 M`.
pub fn count(count: u64) -> String {
    scaled(count, 1_000, &["", "k", "M", "G", "T", "P", "E"]).trim_end().to_owned()
}

/// A number with all its digits, in groups of three: `1,234,567`.
pub fn exact(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things with all its digits: `1 call`, `1,234 calls`. The plural takes an s.
pub fn things(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", exact(number), if number == 1 { "" } else { "s" })
}

/// How often something was called and how long that took: `1,000 times, 1.20 ms each (1.10 ms to 3.00 ms)`.
pub fn call_times(times: &CallTimes) -> String {
    let CallTimes { calls, min_nanos, max_nanos, .. } = *times;
    let (calls, mean) = (things(calls, "time"), nanos(times.mean_nanos()));
    format!("{calls}, {mean} each ({} to {})", nanos(min_nanos), nanos(max_nanos))
}

/// A value in its unit: `12.3 ms`, `4.00 KiB`, `17 pages`, `1.20 M calls`.
pub fn value(unit: Unit, value: u64) -> String {
    let counted = |one: &str, many: &str| {
        let noun = if value == 1 { one } else { many };
        format!("{} {noun}", count(value))
    };
    match unit {
        Unit::Nanos => nanos(value),
        Unit::Bytes => bytes(value),
        Unit::Pages => counted("page", "pages"),
        Unit::Calls => counted("call", "calls"),
        Unit::Blocks => counted("block", "blocks"),
        Unit::Instructions => counted("instruction", "instructions"),
    }
}

/// A difference in its unit: `+12.3 ms`, `-17 pages`; no sign where there is none.
pub fn difference(unit: Unit, difference: i64) -> String {
    format!("{}{}", sign(difference), number(unit, difference.unsigned_abs()))
}

/// A relative difference: `+12.3 %`, `-0.8 %`, `-0.0041 %`: two digits of what is small, since counts are exact.
pub fn relative(share: f64) -> String {
    let sign = sign(share.partial_cmp(&0.0).map_or(0, |order| order as i64));
    let percent = share.abs() * 100.0;
    let is_small = percent > 0.0 && percent < 0.05;
    let decimals = if is_small { (1.0 - percent.log10().floor()).clamp(1.0, 9.0) as usize } else { 1 };
    format!("{sign}{percent:.decimals$} %")
}

const fn sign(difference: i64) -> &'static str {
    match difference.signum() {
        1 => "+",
        -1 => "-",
        _ => "",
    }
}

/// The same without the noun, for a column whose head says what it counts: `1.20 M`.
pub fn number(unit: Unit, number: u64) -> String {
    match unit {
        Unit::Nanos | Unit::Bytes => value(unit, number),
        Unit::Pages | Unit::Calls | Unit::Blocks | Unit::Instructions => count(number),
    }
}

/// Three significant digits in the largest unit that leaves at least 1 before the point.
fn scaled(value: u64, step: u64, units: &[&str]) -> String {
    let mut exponent = 0;
    let mut scaled = value as f64;
    // What would be rounded up to a whole step belongs to the next unit: 999.9 µs is 1.00 ms.
    while exponent + 1 < units.len() && scaled >= step as f64 - 0.5 {
        scaled /= step as f64;
        exponent += 1;
    }
    let unit = units.get(exponent).copied().unwrap_or("");
    if exponent == 0 {
        return format!("{value} {unit}");
    }
    let decimals = [(9.995, 2), (99.95, 1)].iter().find(|(below, _)| scaled < *below).map_or(0, |(_, d)| *d);
    format!("{scaled:.decimals$} {unit}")
}

/// A moment by the clock, from milliseconds since 1970-01-01 UTC: `2026-11-22 09:05 UTC`.
pub fn date(unix_millis: u64) -> String {
    const DAY_MINUTES: u64 = 24 * 60;
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let minutes = unix_millis / 60_000;
    // Years that begin with March have their leap day last. Day 0 is the 1st of March of the year 0.
    let days = minutes / DAY_MINUTES + 719_468;
    let (era, day) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    let (hour, minute) = (minutes % DAY_MINUTES / 60, minutes % 60);
    format!("{:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC", era * 400 + year)
}

/// `1 file`, `2 files`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_scale() {
        for (given, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (12_345, "12.3 µs"),
            (999_499, "999 µs"),
            (999_999, "1.00 ms"),
            (9_996_000, "10.0 ms"),
            (59_900_000_000, "59.9 s"),
            (125_000_000_000, "2 min 05 s"),
        ] {
            assert_eq!(nanos(given), text, "{given}");
        }
    }

    #[test]
    fn sizes_and_counts_scale() {
        for (given, text) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.00 KiB"),
            (65_536, "64.0 KiB"),
            (1_048_575, "1.00 MiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(bytes(given), text, "{given}");
        }
        for (given, text) in [(0, "0"), (999, "999"), (1_200_000, "1.20 M"), (12_345, "12.3 k")] {
            assert_eq!(count(given), text, "{given}");
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (951_868_799, "2000-02-29 23:59 UTC"),
            (1_709_251_200, "2024-03-01 00:00 UTC"),
            (4_107_542_399, "2100-02-28 23:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(date(seconds * 1_000), text);
        }
    }

    #[test]
    fn values_take_their_unit() {
        assert_eq!(value(Unit::Calls, 1), "1 call");
        assert_eq!(value(Unit::Pages, 17), "17 pages");
        assert_eq!(value(Unit::Blocks, 1_200_000), "1.20 M blocks");
        assert_eq!(number(Unit::Blocks, 1_200_000), "1.20 M");
        assert_eq!(number(Unit::Bytes, 1_024), "1.00 KiB");
        assert_eq!(exact(1_234_567), "1,234,567");
        assert_eq!(exact(999), "999");
        assert_eq!(percent(share(1, 3)), "33.3 %");
        assert_eq!(percent(share(1, 1_000_000)), "<0.1 %");
        assert_eq!(percent(share(0, 0)), "0.0 %");
        assert_eq!(difference(Unit::Nanos, -1_200_000), "-1.20 ms");
        assert_eq!(difference(Unit::Pages, 3), "+3");
        assert_eq!(difference(Unit::Calls, 0), "0");
        let relatives = [0.1234, -0.008, 0.000_123, -4.1e-7, 0.0].map(relative);
        assert_eq!(relatives, ["+12.3 %", "-0.8 %", "+0.012 %", "-0.000041 %", "0.0 %"]);
    }
}
