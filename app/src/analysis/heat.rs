//! Where in a text the cost is.

/// A row of a text that costs something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HotRow {
    /// Its place in the text, from 0.
    pub row: usize,
    /// Its cost / that of the row that costs most: above 0, and 1 for that one.
    pub heat: f32,
}

/// The rows that cost something, in order; `costs` has one entry a row.
pub fn heat(costs: &[u64]) -> Vec<HotRow> {
    let most = costs.iter().copied().max().unwrap_or(0);
    let costly = costs.iter().enumerate().filter(|(_, cost)| **cost > 0);
    costly.map(|(row, cost)| HotRow { row, heat: (*cost as f64 / most as f64) as f32 }).collect()
}

/// Does it cost a tenth of the hottest at least? Less is not worth a stop.
pub fn is_hot(row: &HotRow) -> bool {
    row.heat >= 0.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hottest_row_is_the_measure_of_the_others() {
        let rows = heat(&[0, 50, 0, 200, 4]);
        let told: Vec<_> = rows.iter().map(|row| (row.row, row.heat, is_hot(row))).collect();
        assert_eq!(told, [(1, 0.25, true), (3, 1.0, true), (4, 0.02, false)]);
        assert!(heat(&[0, 0]).is_empty() && heat(&[]).is_empty());
    }
}
