use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

/// Where a stream socket is: `unix:PATH` or `tcp:HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Address {
    /// A socket file.
    Unix(PathBuf),
    /// Host (name or IP, IPv6 in brackets) and port.
    Tcp(String),
}

impl Address {
    /// True if only processes of this machine can be at the other end. A host name other than `localhost` never counts as such,
    /// since it may change its meaning after the check.
    pub fn is_local(&self) -> bool {
        let Address::Tcp(text) = self else { return true };
        if let Ok(address) = text.parse::<SocketAddr>() {
            return match address.ip() {
                IpAddr::V4(ip) => ip.is_loopback(),
                IpAddr::V6(ip) => ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback()),
            };
        }
        matches!(text.rsplit_once(':'), Some((host, _)) if host.eq_ignore_ascii_case("localhost"))
    }

    /// The socket addresses behind a TCP address; empty for a socket file.
    pub(crate) fn resolve(&self) -> std::io::Result<Vec<SocketAddr>> {
        match self {
            Address::Unix(_) => Ok(Vec::new()),
            Address::Tcp(text) => Ok(text.to_socket_addrs()?.collect()),
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            // sockaddr_un holds 108 bytes with the closing NUL.
            return match path.len() {
                0 => Err("`unix:` needs a path, e.g. unix:/run/vires.sock".into()),
                1..=107 => Ok(Address::Unix(path.into())),
                n => Err(format!("a socket path has at most 107 bytes, this one has {n}")),
            };
        }
        let Some(rest) = text.strip_prefix("tcp:") else {
            return Err("write unix:PATH or tcp:HOST:PORT".into());
        };
        match rest.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => Ok(Address::Tcp(rest.into())),
            _ => Err("write tcp:HOST:PORT, e.g. tcp:127.0.0.1:5170".into()),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Tcp(text) => write!(f, "tcp:{text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn knows_what_is_local() {
        for (text, local) in [
            ("unix:/run/vires.sock", true),
            ("tcp:127.0.0.1:1", true),
            ("tcp:127.9.9.9:1", true),
            ("tcp:[::1]:1", true),
            ("tcp:[::ffff:127.0.0.1]:1", true),
            ("tcp:localhost:1", true),
            ("tcp:0.0.0.0:1", false),
            ("tcp:[::]:1", false),
            ("tcp:192.0.2.7:1", false),
            ("tcp:localhost.example.com:1", false),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().is_local(), local, "{text}");
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in ["", "unix:", "tcp:", "tcp:5170", "tcp::5170", "tcp:localhost", "tcp:localhost:70000", "udp:127.0.0.1:1"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
        assert!(format!("unix:/{}", "x".repeat(107)).parse::<Address>().is_err());
    }
}
