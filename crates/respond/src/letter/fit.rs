//! Makes a letter fit into a field: whole blocks as long as there is room, then a part of one, then a note that something is missing.

use super::{Block, clean};

/// What stands where something was cut off.
pub(super) const CUT: &str = "The rest was cut off: there is no room for it here.";

/// The rendered blocks, of which the sizes together are at most `most`.
pub(super) fn fit<T>(
    blocks: &[Block],
    most: usize,
    render: impl Fn(&Block) -> T,
    size: impl Fn(&T) -> usize,
) -> Vec<T> {
    let note = render(&Block::Paragraph(CUT.to_owned()));
    let reserved = size(&note);
    let mut fitting = Vec::with_capacity(blocks.len());
    let mut sizes = Vec::with_capacity(blocks.len());
    let mut left = most;
    for block in blocks {
        let piece = render(block);
        let needed = size(&piece);
        if needed <= left {
            left -= needed;
            sizes.push(needed);
            fitting.push(piece);
            continue;
        }
        // The note needs its room, from what already fitted if need be.
        while left < reserved {
            let Some(last) = sizes.pop() else { return Vec::new() };
            fitting.pop();
            left += last;
        }
        fitting.extend(part(block, left - reserved, &render, &size));
        fitting.push(note);
        return fitting;
    }
    fitting
}

/// As much of a block as fits, if that is worth it.
fn part<T>(block: &Block, most: usize, render: impl Fn(&Block) -> T, size: impl Fn(&T) -> usize) -> Option<T> {
    let mut characters = most;
    // What is rendered is longer than the text, at most by a factor that the sizes tell.
    for _ in 0..8 {
        if characters < 40 {
            return None;
        }
        let piece = render(&shortened(block, characters)?);
        let needed = size(&piece);
        if needed <= most {
            return Some(piece);
        }
        characters = characters.saturating_mul(most) / needed.max(1) * 9 / 10;
    }
    None
}

fn shortened(block: &Block, most: usize) -> Option<Block> {
    let cut = |text: &str| clean::cut(text, most).into_owned();
    let mut left = most;
    let mut room = |text: &str| {
        let needed = text.chars().count() + 1;
        let fits = needed <= left;
        left = left.saturating_sub(needed);
        fits
    };
    match block {
        Block::Heading(_) | Block::Link { .. } => None,
        Block::Paragraph(text) => Some(Block::Paragraph(cut(text))),
        Block::Code(text) => Some(Block::Code(cut(text))),
        Block::List(items) => {
            let items: Vec<String> = items.iter().take_while(|item| room(item)).cloned().collect();
            (!items.is_empty()).then_some(Block::List(items))
        }
        Block::Facts(facts) => {
            let facts: Vec<_> = facts.iter().take_while(|(name, value)| room(name) && room(value)).cloned().collect();
            (!facts.is_empty()).then_some(Block::Facts(facts))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn render(block: &Block) -> String {
        match block {
            Block::Heading(text) | Block::Paragraph(text) | Block::Code(text) => text.replace('x', "xxxxxx"),
            Block::List(items) => items.join("\n"),
            Block::Facts(facts) => facts.iter().map(|(name, value)| format!("{name}={value}\n")).collect(),
            Block::Link { text, .. } => text.clone(),
        }
    }

    fn total(blocks: &[Block], most: usize) -> (usize, Vec<String>) {
        let pieces = fit(blocks, most, render, |piece| piece.chars().count());
        (pieces.iter().map(|piece| piece.chars().count()).sum(), pieces)
    }

    #[test]
    fn what_fits_is_whole_and_what_does_not_is_cut_with_a_note() {
        let blocks =
            [Block::Paragraph("a".repeat(100)), Block::Code("b".repeat(1000)), Block::Heading("never".to_owned())];
        assert_eq!(total(&blocks, 2000).1.len(), 3);
        let (size, pieces) = total(&blocks, 500);
        assert!(size <= 500 && size > 400, "{size}");
        assert_eq!(pieces.len(), 3);
        assert!(pieces[1].ends_with('…') && pieces[2] == CUT);
    }

    proptest! {
        #[test]
        fn no_letter_is_longer_than_its_room(texts in prop::collection::vec("[ax é]{0,300}", 0..10), most in 0_usize..1000) {
            let blocks: Vec<Block> = texts.iter().enumerate().map(|(place, text)| match place % 4 {
                0 => Block::Paragraph(text.clone()),
                1 => Block::List(vec![text.clone(); 3]),
                2 => Block::Facts(vec![(text.clone(), text.clone()); 3]),
                _ => Block::Code(text.clone()),
            }).collect();
            prop_assert!(total(&blocks, most).0 <= most);
        }
    }
}
