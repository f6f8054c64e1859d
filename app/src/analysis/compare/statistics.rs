//! Student's t distribution, means that are compared by it, and many such comparisons at once.

/// A mean with what is known of how far off it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mean {
    pub(super) value: f64,
    /// The variance of the mean itself, not of what it is of.
    pub(super) variance: f64,
    /// How many values that variance was told by, less one; infinite where it is not from values.
    pub(super) freedom: f64,
}

/// A difference of two means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) value: f64,
    /// Half the width of its 95 % interval.
    pub(super) margin: f64,
    /// How likely so large a difference is where there is none.
    pub(super) p: f64,
}

/// So likely a single difference may be that is none: what intervals are for.
const LEVEL: f64 = 0.05;

/// More degrees of freedom make no difference.
const MOST_FREEDOM: f64 = 1e6;

/// New − old by Welch's test, which does not ask both for the same variance: t = Δ / √(v₁ + v₂) with
/// (v₁ + v₂)² / (v₁²/f₁ + v₂²/f₂) degrees of freedom, v being the variances of the means and f = n − 1.
/// B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved",
/// Biometrika 34 (1947).
pub(super) fn welch(old: Mean, new: Mean) -> Difference {
    let value = new.value - old.value;
    let variance = old.variance + new.variance;
    if variance <= 0.0 {
        let p = if value == 0.0 { 1.0 } else { 0.0 };
        return Difference { value, margin: 0.0, p };
    }
    let part = |mean: Mean| mean.variance * mean.variance / mean.freedom;
    let parts = part(old) + part(new);
    let freedom = if parts > 0.0 { (variance * variance / parts).min(MOST_FREEDOM) } else { MOST_FREEDOM };
    let deviation = variance.sqrt();
    Difference {
        value,
        margin: quantile(LEVEL, freedom) * deviation,
        p: two_sided(value / deviation, freedom),
    }
}

/// One of many hypotheses that there is no difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Question {
    /// How likely what was seen is if there is none.
    pub(super) p: f64,
    /// How much it matters, above 0.
    pub(super) weight: f64,
}

/// Which hypotheses can be refused so that the chance of refusing any true one is `level` at most. Holm's procedure with
/// weights: in the order of p/w the first may have up to level · w/Σw, the next one the same with what is left in Σw, and
/// so on until one has more. A hypothesis that matters much is thus hardly made harder by many that don't.
/// S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979),
/// section 5; the weights must not come of the differences.
pub(super) fn refused(questions: &[Question], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..questions.len()).collect();
    let rank = |at: &usize| questions[*at].p / questions[*at].weight;
    order.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
    let mut left: f64 = questions.iter().map(|question| question.weight).sum();
    let mut refused = vec![false; questions.len()];
    for at in order {
        let Question { p, weight } = questions[at];
        if p > level * weight / left {
            break;
        }
        refused[at] = true;
        left -= weight;
    }
    refused
}

/// How likely |T| is as large as that of `t`: I(f/2, 1/2) at f/(f + t²), the regularized incomplete beta function.
/// NIST Digital Library of Mathematical Functions, 8.17; Abramowitz and Stegun, 26.5.27.
fn two_sided(t: f64, freedom: f64) -> f64 {
    beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

/// The t that is exceeded on either side in `share` of cases, for shares up to [`LEVEL`]. Newton's method: from the normal
/// distribution's, which is below, it comes nearer from the same side, since [`two_sided`] is convex there.
fn quantile(share: f64, freedom: f64) -> f64 {
    const OF_NORMAL: f64 = 1.959_963_984_540_054;
    let front = ln_gamma((freedom + 1.0) / 2.0) - ln_gamma(freedom / 2.0);
    let front = front.exp() / (freedom * std::f64::consts::PI).sqrt();
    let slope = |t: f64| -2.0 * front * (-(freedom + 1.0) / 2.0 * (t * t / freedom).ln_1p()).exp();
    let mut t = OF_NORMAL;
    for _ in 0..50 {
        let step = (two_sided(t, freedom) - share) / slope(t);
        t -= step;
        if step.abs() <= 1e-9 * t {
            break;
        }
    }
    t
}

/// I(a, b) at x. The continued fraction converges fast where x is below (a + 1)/(a + b + 2); beyond that the other side
/// is taken off 1 (DLMF 8.17.4 and 8.17.22).
fn beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta(1.0 - x, b, a);
    }
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    (front.exp() / a * fraction(x, a, b)).clamp(0.0, 1.0)
}

/// The continued fraction by Lentz's method as Thompson and Barnett changed it (Numerical Recipes, 5.2).
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let safe = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / safe(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for m in (1..400).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = result;
        for term in [even, odd] {
            d = 1.0 / safe(1.0 + term * d);
            c = safe(1.0 + term / c);
            result *= c * d;
        }
        if (result - before).abs() <= 1e-14 * result.abs() {
            break;
        }
    }
    result
}

/// The logarithm of Γ, to 15 digits for what is above 0 (C. Lanczos 1964; the coefficients are those for g = 7).
fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 8] = [
        676.5203681218851,
        -1259.1392167224028,
        771.3234287776531,
        -176.6150291621406,
        12.507343278686905,
        -0.13857109526572012,
        9.984369578019572e-6,
        1.5056327351493116e-7,
    ];
    if x < 0.5 {
        let pi = std::f64::consts::PI;
        return (pi / (pi * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let terms = COEFFICIENTS.iter().zip(1..).map(|(coefficient, at)| coefficient / (x + f64::from(at)));
    let sum = 0.9999999999998099 + terms.sum::<f64>();
    let t = x + 7.5;
    (2.0 * std::f64::consts::PI).sqrt().ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As in tables of the t distribution.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, share, expected) in [
            (1.0, 0.05, 12.706),
            (2.0, 0.05, 4.3027),
            (8.0, 0.05, 2.3060),
            (8.0, 0.001, 5.0413),
            (30.0, 0.01, 2.7500),
            (1e6, 0.05, 1.9600),
        ] {
            let found = quantile(share, freedom);
            assert!((found - expected).abs() < 1e-3 * expected, "{freedom} {share}: {found}");
        }
        assert!((two_sided(0.0, 5.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn welch_agrees_with_a_worked_example() {
        // Two samples of 3: 10, 11, 12 and 14, 16, 18; means 11 and 16, variances of the means 1/3 and 4/3.
        let old = Mean { value: 11.0, variance: 1.0 / 3.0, freedom: 2.0 };
        let new = Mean { value: 16.0, variance: 4.0 / 3.0, freedom: 2.0 };
        let Difference { value, margin, p } = welch(old, new);
        assert_eq!(value, 5.0);
        // t = 3.873 with 2.941 degrees of freedom.
        assert!((p - 0.0314).abs() < 5e-4, "{p}");
        assert!((margin - 4.155).abs() < 1e-2, "{margin}");
    }

    #[test]
    fn holm_goes_from_the_smallest_on() {
        let of = |rows: &[(f64, f64)]| {
            let questions: Vec<_> =
                rows.iter().map(|(p, weight)| Question { p: *p, weight: *weight }).collect();
            refused(&questions, 0.05)
        };
        assert_eq!(of(&[(0.01, 1.0), (0.04, 1.0), (0.03, 1.0), (0.005, 1.0)]), [true, false, false, true]);
        assert_eq!(of(&[(0.05, 3.0)]), [true]);
        assert_eq!(of(&[]), [] as [bool; 0]);
        // Of the whole level the one has nine tenths; then all is the other's.
        assert_eq!(of(&[(0.045, 9.0), (0.05, 1.0)]), [true, true]);
        assert_eq!(of(&[(0.046, 9.0), (0.006, 1.0)]), [false, false]);
    }
}
