//! Characters that show nothing, and so can make one text look like another.

/// The text, with the number of each such character in its place.
pub(crate) fn seen(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unseen(c) {
            true => shown.push_str(&format!("[{}]", name(c))),
            false => shown.push(c),
        }
    }
    shown
}

/// What a character is told as that shows nothing.
pub(crate) fn name(unseen: char) -> String {
    format!("U+{:04X}", u32::from(unseen))
}

/// Whether a character does something and shows nothing: controls, directions, joiners, fillers,
/// tags.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{AD}'
                | '\u{34F}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}
