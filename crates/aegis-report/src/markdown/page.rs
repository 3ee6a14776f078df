//! Blocks of a page, and how they are made to fit.

use crate::words;

/// A heading, items of which as many are shown as there is room for, and what closes them.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// What stands before the items.
    pub(super) open: String,
    /// One entry each, with its line ending.
    pub(super) items: Vec<String>,
    /// What stands after them.
    pub(super) close: String,
    /// What the items are called: one, many.
    pub(super) noun: (&'static str, &'static str),
    /// Most items shown, even if there is room for more.
    pub(super) most: usize,
}

impl Block {
    /// A block that is always shown as a whole.
    pub(super) fn whole(text: String) -> Self {
        Self {
            open: text,
            ..Self::default()
        }
    }

    fn text(&self, shown: usize) -> String {
        let mut out = self.open.clone();
        out.extend(self.items.iter().take(shown).map(String::as_str));
        let hidden = self.items.len().saturating_sub(shown);
        if hidden > 0 {
            let (one, many) = self.noun;
            let more = words::count(
                hidden,
                &format!("more {one} is"),
                &format!("more {many} are"),
            );
            out += &format!("\n{more} not shown here.\n");
        }
        out + &self.close
    }

    /// How many items there is room for, in characters, beside what is shown in any case.
    fn that_fit(&self, room: &mut usize) -> usize {
        let fits = |item: &&String| match room.checked_sub(item.chars().count()) {
            Some(rest) => {
                *room = rest;
                true
            }
            None => false,
        };
        self.items.iter().take(self.most).take_while(fits).count()
    }
}

/// A page of blocks.
#[derive(Debug, Default)]
pub(super) struct Page {
    blocks: Vec<Block>,
}

impl Page {
    /// Adds a block at the end.
    pub(super) fn push(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// The page with an empty line between the blocks, cut to `limit` characters: items go from the
    /// last block first.
    pub(super) fn fit(&self, limit: usize) -> String {
        let bare = |block: &Block| block.text(0).chars().count() + 1;
        let mut room = limit.saturating_sub(self.blocks.iter().map(bare).sum());
        let texts: Vec<String> = self
            .blocks
            .iter()
            .map(|block| block.text(block.that_fit(&mut room)))
            .collect();
        texts.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(n: usize, most: usize) -> Block {
        Block {
            open: "Things:\n\n".into(),
            items: (0..n).map(|i| format!("- thing {i:03}\n")).collect(),
            close: String::new(),
            noun: ("thing", "things"),
            most,
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_from_the_end_and_counted() {
        let mut page = Page::default();
        page.push(Block::whole("head\n".into()));
        page.push(list(100, 100));
        page.push(list(100, 100));
        for limit in [500, 1_000, 1_400, 2_000, 2_500] {
            let text = page.fit(limit);
            assert!(text.chars().count() <= limit, "{limit}: {text}");
            let shown = text.matches("- thing").count();
            assert!(
                shown + 3 >= ((limit - 150) / 12).min(200),
                "{limit}: {shown}"
            );
        }
        assert!(!page.fit(3_000).contains("not shown"));
        let text = page.fit(1_000);
        assert!(
            text.contains("- thing 050"),
            "the first list stays longer: {text}"
        );
        assert!(
            text.ends_with("100 more things are not shown here.\n"),
            "{text}"
        );
    }

    #[test]
    fn a_list_has_a_bound_of_its_own() {
        let mut page = Page::default();
        page.push(list(12, 11));
        assert!(
            page.fit(10_000)
                .ends_with("- thing 010\n\n1 more thing is not shown here.\n")
        );
    }
}
