use vires_event::Text;

/// What the envelope around a record says and the record itself may not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints<'a> {
    /// Host that logged the record.
    pub host: Option<Text<'a>>,
    /// Time at which the record was logged.
    pub time: Option<Text<'a>>,
    /// Kubernetes cluster name, where the shipper knows it.
    pub cluster: Option<Text<'a>>,
}

/// One line of plain text with its syslog header, if any, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextLine<'a> {
    /// The whole line.
    pub line: Text<'a>,
    /// Host from the header.
    pub host: Option<Text<'a>>,
    /// Program name (tag) from the header, without pid: `sshd`.
    pub program: Option<Text<'a>>,
    /// Process id from the header.
    pub pid: Option<Text<'a>>,
    /// Timestamp from the header, as written.
    pub time: Option<Text<'a>>,
    /// What follows the header; the whole line if there is none.
    pub message: Text<'a>,
}
