//! A table with aligned columns for the terminal.

use crate::text::{cut, width};

/// Rows of cells; the first row is the heading. Cells must be escaped already and without colour.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    numeric: Vec<bool>,
}

impl Table {
    /// A table with these columns: the heading, and whether it is set to the right, as numbers are.
    pub(crate) fn new(columns: &[(&str, bool)]) -> Self {
        let heading = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { rows: vec![heading], numeric: columns.iter().map(|(_, numeric)| *numeric).collect() }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, each at most so many columns: the first column gives way.
    pub(crate) fn lines(&self, columns: usize) -> Vec<String> {
        let mut widths = vec![0; self.numeric.len()];
        for row in &self.rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(cell));
            }
        }
        let gaps = 2 * widths.len().saturating_sub(1);
        let over = (widths.iter().sum::<usize>() + gaps).saturating_sub(columns);
        if let Some(first) = widths.first_mut() {
            *first = first.saturating_sub(over).max((*first).min(12));
        }
        self.rows.iter().map(|row| self.line(row, &widths)).collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut text = String::new();
        for (index, ((cell, columns), numeric)) in row.iter().zip(widths).zip(&self.numeric).enumerate() {
            if index > 0 {
                text.push_str("  ");
            }
            let cell = cut(cell, *columns);
            let pad = " ".repeat(columns.saturating_sub(width(&cell)));
            if *numeric {
                text.push_str(&pad);
                text.push_str(&cell);
            } else {
                text.push_str(&cell);
                text.push_str(&pad);
            }
        }
        text.truncate(text.trim_end().len());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_the_first_gives_way() {
        let mut table = Table::new(&[("key", false), ("n", true)]);
        table.row(vec!["鍵鍵".to_owned(), "7".to_owned()]);
        table.row(vec!["a-rather-long-name".to_owned(), "12,345".to_owned()]);
        assert_eq!(
            table.lines(80),
            ["key                      n", "鍵鍵                     7", "a-rather-long-name  12,345"]
        );
        assert_eq!(table.lines(20), ["key                n", "鍵鍵               7", "a-rather-lo…  12,345"]);
    }
}
