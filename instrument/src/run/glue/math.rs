//! JavaScript's `Math`.

use super::entry::{Act, Direct, Entry};

/// Its functions of numbers, by their names there.
pub static ENTRIES: &[Entry] = &[
    unary("abs", f64::abs),
    unary("acos", f64::acos),
    unary("acosh", f64::acosh),
    unary("asin", f64::asin),
    unary("asinh", f64::asinh),
    unary("atan", f64::atan),
    unary("atanh", f64::atanh),
    unary("cbrt", f64::cbrt),
    unary("ceil", f64::ceil),
    unary("clz32", |x| f64::from(to_u32(x).leading_zeros())),
    unary("cos", f64::cos),
    unary("cosh", f64::cosh),
    unary("exp", f64::exp),
    unary("expm1", f64::exp_m1),
    unary("floor", f64::floor),
    unary("log", f64::ln),
    unary("log10", f64::log10),
    unary("log1p", f64::ln_1p),
    unary("log2", f64::log2),
    unary("round", round),
    unary("sign", |x| if x == 0.0 { x } else { x.signum() }),
    unary("sin", f64::sin),
    unary("sinh", f64::sinh),
    unary("sqrt", f64::sqrt),
    unary("tan", f64::tan),
    unary("tanh", f64::tanh),
    unary("trunc", f64::trunc),
    binary("atan2", f64::atan2),
    binary("hypot", f64::hypot),
    binary("imul", |a, b| f64::from(to_u32(a).wrapping_mul(to_u32(b)).cast_signed())),
    binary("max", |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }),
    binary("min", |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }),
    binary("pow", power),
];

/// Its constants, by their names there.
pub static CONSTANTS: &[(&str, f64)] = &[
    ("E", std::f64::consts::E),
    ("LN2", std::f64::consts::LN_2),
    ("LN10", std::f64::consts::LN_10),
    ("LOG2E", std::f64::consts::LOG2_E),
    ("LOG10E", std::f64::consts::LOG10_E),
    ("PI", std::f64::consts::PI),
    ("SQRT1_2", std::f64::consts::FRAC_1_SQRT_2),
    ("SQRT2", std::f64::consts::SQRT_2),
];

const fn unary(name: &'static str, act: fn(f64) -> f64) -> Entry {
    Entry { name, ty: "f64 -> f64", act: Act::Direct(Direct::Unary(act)), lacks: None }
}

const fn binary(name: &'static str, act: fn(f64, f64) -> f64) -> Entry {
    Entry { name, ty: "f64 f64 -> f64", act: Act::Direct(Direct::Binary(act)), lacks: None }
}

/// Halves go up, unlike in C.
fn round(x: f64) -> f64 {
    let floor = x.floor();
    let rounded = if x - floor >= 0.5 { floor + 1.0 } else { floor };
    rounded.copysign(x)
}

/// C says 1 where JavaScript says that it is no number.
fn power(base: f64, exponent: f64) -> f64 {
    let is_unclear = exponent.is_nan() || (base.abs() == 1.0 && exponent.is_infinite());
    if is_unclear { f64::NAN } else { base.powf(exponent) }
}

/// The number modulo 2³², as JavaScript takes the bits of numbers.
fn to_u32(x: f64) -> u32 {
    let whole = if x.is_finite() { x.trunc() } else { 0.0 };
    whole.rem_euclid(4_294_967_296.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_in_javascript() {
        assert_eq!([round(2.5), round(-2.5), round(-0.2)], [3.0, -2.0, 0.0]);
        assert!(round(-0.2).is_sign_negative());
        assert!(power(1.0, f64::INFINITY).is_nan());
        assert_eq!(power(f64::NAN, 0.0), 1.0);
        assert_eq!([to_u32(-1.0), to_u32(4_294_967_297.5), to_u32(f64::NAN)], [u32::MAX, 1, 0]);
    }
}
