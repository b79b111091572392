use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// A bar on a terminal, once something takes long enough to wonder.
pub(super) struct Progress {
    bar: ProgressBar,
    started: Instant,
    terminal: bool,
}

/// Before this nobody wonders.
const PATIENCE: Duration = Duration::from_secs(2);

impl Progress {
    pub(super) fn new(steps: usize) -> Progress {
        let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} scenarios  {elapsed}  {eta} left") {
            bar.set_style(style);
        }
        Progress { bar, started: Instant::now(), terminal: std::io::stderr().is_terminal() }
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
