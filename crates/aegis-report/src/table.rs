//! Aligned columns.

use unicode_width::UnicodeWidthStr;

use crate::paint::{Ink, Paint};

/// A cell of a table.
#[derive(Debug, Default)]
pub struct Cell {
    text: String,
    ink: Ink,
    right: bool,
}

impl Cell {
    /// A cell of that text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// A number, set flush right.
    #[must_use]
    pub fn number(n: usize) -> Self {
        Self {
            text: n.to_string(),
            right: true,
            ink: if n == 0 { Ink::Dim } else { Ink::Plain },
        }
    }

    /// Set flush right.
    #[must_use]
    pub fn right(self) -> Self {
        Self {
            right: true,
            ..self
        }
    }

    /// In that ink.
    #[must_use]
    pub fn ink(self, ink: Ink) -> Self {
        Self { ink, ..self }
    }
}

/// Rows of cells; every column is as wide as its widest cell.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// One line per row: two spaces before and between the columns, none at the end.
    #[must_use]
    pub fn lines(&self, paint: Paint) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.text.width());
            }
        }
        self.rows
            .iter()
            .map(|row| Self::line(row, &widths, paint))
            .collect()
    }

    fn line(row: &[Cell], widths: &[usize], paint: Paint) -> String {
        let mut out = String::new();
        let mut owed = 0;
        for (cell, width) in row.iter().zip(widths) {
            let gap = width.saturating_sub(cell.text.width());
            owed += 2;
            if !cell.text.is_empty() {
                let before = owed + if cell.right { gap } else { 0 };
                out.push_str(&" ".repeat(before));
                out.push_str(&paint.ink(cell.ink, &cell.text));
                owed = 0;
            }
            owed += if cell.right && !cell.text.is_empty() {
                0
            } else {
                gap
            };
        }
        out
    }
}
