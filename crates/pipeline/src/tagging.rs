use crate::stage::{Report, Stage};
use vires_tag::{Reply, Scratch, Tagger};

/// `vires tag` as a stage.
#[derive(Debug)]
pub struct Tagging {
    tagger: Tagger,
    reply: Reply,
}

impl Tagging {
    /// `reply` is the form of answer that the tagger was built for.
    pub fn new(tagger: Tagger, reply: Reply) -> Self {
        Tagging { tagger, reply }
    }
}

impl Stage for Tagging {
    type Scratch = Scratch;

    fn record(&self, line: &[u8], scratch: &mut Scratch, out: &mut Vec<u8>) -> Report {
        self.tagger.line(line, scratch, out)
    }

    fn fallback(&self, line: &[u8], scratch: &mut Scratch, out: &mut Vec<u8>) {
        *scratch = Scratch::default();
        self.tagger.fallback(line, out);
    }

    fn too_long(&self) -> Option<&[u8]> {
        match self.reply {
            Reply::Event => None,
            Reply::Rsyslog => Some(b"{}"),
        }
    }
}
