use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use vires_tag as tag;

/// What becomes of a line that is not a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Raw {
    /// It becomes `{"message":"…","nhi":{…}}`.
    Wrap,
    /// It stays as it came.
    Passthrough,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The line itself with the object added.
    Event,
    /// What rsyslog's mmexternal merges into the message: `{"$!":{"nhi":{…}}}`.
    Rsyslog,
}

/// Which lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// Those made by a machine or touching something sensitive.
    Tagged,
    /// Those touching something sensitive.
    Sensitive,
    /// Those made by a machine.
    Machine,
    /// Those whose case is escalated; only `vires judge` knows.
    Escalated,
}

/// How lines are answered.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tag {
    /// Name of the member that is added to each line [default: nhi].
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,

    /// Write only some of the lines. Refused where the shipper waits for an answer to each [default: all].
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<Only>,

    /// What becomes of a line that is not a JSON object [default: wrap].
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Raw>,

    /// The form of an answer [default: event].
    #[arg(long, value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
}

/// [`Tag`] with every default filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct TagSettings {
    pub field: String,
    pub only: Option<Only>,
    pub raw: Raw,
    pub reply: Reply,
}

impl Tag {
    /// These settings where given, else those of `file`.
    pub fn or(self, file: Self) -> Self {
        Tag {
            field: self.field.or(file.field),
            only: self.only.or(file.only),
            raw: self.raw.or(file.raw),
            reply: self.reply.or(file.reply),
        }
    }

    pub fn resolve(self) -> Result<TagSettings> {
        let settings = TagSettings {
            field: self.field.unwrap_or_else(|| "nhi".to_owned()),
            only: self.only,
            raw: self.raw.unwrap_or(Raw::Wrap),
            reply: self.reply.unwrap_or(Reply::Event),
        };
        tag::splice::Field::check(&settings.field).context("failed to use --field")?;
        if settings.only.is_some() && settings.reply != Reply::Event {
            bail!("--only leaves lines unanswered, but --reply rsyslog must answer every line: drop one of them");
        }
        Ok(settings)
    }
}

impl TagSettings {
    pub fn options(&self) -> tag::Options {
        tag::Options {
            field: self.field.clone(),
            raw: match self.raw {
                Raw::Wrap => tag::Raw::Wrap,
                Raw::Passthrough => tag::Raw::Passthrough,
            },
            reply: match self.reply {
                Reply::Event => tag::Reply::Event,
                Reply::Rsyslog => tag::Reply::Rsyslog,
            },
            only: self.only.and_then(|only| match only {
                Only::Tagged => Some(tag::Only::Tagged),
                Only::Sensitive => Some(tag::Only::Sensitive),
                Only::Machine => Some(tag::Only::Machine),
                Only::Escalated => None,
            }),
            counted: true,
        }
    }
}
