use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// A bar on a terminal, once something takes long enough to wonder. The clock starts with it, so a verb makes it before anything else.
pub(super) struct Progress {
    bar: ProgressBar,
    started: Instant,
    terminal: bool,
}

/// Before this nobody wonders.
const PATIENCE: Duration = Duration::from_secs(2);

impl Progress {
    pub(super) fn new() -> Progress {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {elapsed}  {eta} left") {
            bar.set_style(style);
        }
        Progress { bar, started: Instant::now(), terminal: std::io::stderr().is_terminal() }
    }

    /// So many steps more than were known of.
    pub(super) fn expect(&self, steps: usize) {
        self.bar.inc_length(steps as u64);
    }

    pub(super) fn step(&self) {
        if self.terminal && self.bar.is_hidden() && self.started.elapsed() >= PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(1);
    }

    /// Clears the bar; seconds since the start.
    pub(super) fn finish(self) -> f64 {
        self.bar.finish_and_clear();
        self.started.elapsed().as_secs_f64()
    }
}
