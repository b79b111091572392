use std::io::IsTerminal;

/// The width of the terminal that standard output goes to; `None` when it goes anywhere else.
pub fn terminal_width() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|width| *width >= 40)
}
