use std::borrow::Cow;

/// The family of a user agent: its product without versions (`Boto3/1.26.0 …` → `boto3`), the browser for browsers
/// (`browser:chrome`), and the runtime where the agent names one (`boto3+aws_lambda_python`), because the same SDK outside its
/// usual runtime is another caller.
pub fn ua_family(agent: &str) -> Cow<'_, str> {
    let agent = agent.trim().trim_start_matches('[').trim_end_matches(']');
    if agent.starts_with("Mozilla/") {
        return Cow::Borrowed(browser(agent));
    }
    let mut product = "";
    let mut runtime = "";
    for token in tokens(agent).take(24) {
        let name = token.split('/').next().unwrap_or_default();
        if token.starts_with("exec-env/") {
            runtime = unversioned(token.get("exec-env/".len()..).unwrap_or_default());
        } else if product.is_empty() && !is_vendor(name) {
            product = unversioned(name);
        }
    }
    if product.is_empty() {
        product = unversioned(agent.split(['/', ' ']).next().unwrap_or_default());
    }
    let product = clip(product, 48);
    if runtime.is_empty() {
        return lower(product);
    }
    Cow::Owned(format!("{product}+{}", clip(runtime, 32)).to_ascii_lowercase())
}

/// The words outside parentheses.
fn tokens(agent: &str) -> impl Iterator<Item = &str> {
    agent.split('(').enumerate().flat_map(|(i, part)| {
        let outside = if i == 0 { part } else { part.split_once(')').map_or("", |(_, rest)| rest) };
        outside.split([' ', ',', ';']).filter(|t| !t.is_empty())
    })
}

/// Words that stand before the product itself.
fn is_vendor(name: &str) -> bool {
    ["APN", "HashiCorp", "Mozilla"].iter().any(|v| name.eq_ignore_ascii_case(v))
}

/// Cuts a version off the end: `foo-1.2.3`, `foo_v2.1`, `python3.11`; keeps `aws-sdk-go-v2` and `s3`.
fn unversioned(name: &str) -> &str {
    let cut = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let version = name.get(cut.len()..).unwrap_or_default();
    if !version.contains('.') || cut.is_empty() {
        return name;
    }
    let cut = cut.strip_suffix(['v', 'V']).filter(|rest| rest.ends_with(['-', '_', '/'])).unwrap_or(cut);
    cut.trim_end_matches(['-', '_', '/', ' '])
}

fn browser(agent: &str) -> &'static str {
    // Order matters: Edge and Opera name Chrome too, Chrome names Safari.
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg/", "browser:edge"),
        ("OPR/", "browser:opera"),
        ("Firefox/", "browser:firefox"),
        ("HeadlessChrome/", "browser:headless"),
        ("Chrome/", "browser:chrome"),
        ("PowerShell/", "powershell"),
        ("Safari/", "browser:safari"),
    ];
    BROWSERS.iter().find(|(mark, _)| agent.contains(mark)).map_or("browser:other", |(_, name)| name)
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) }
}

fn clip(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::ua_family;

    #[test]
    fn names_the_product() {
        for (agent, expected) in [
            ("Boto3/1.26.0 Python/3.9.16 Linux/5.10 Botocore/1.29.0", "boto3"),
            ("Boto3/1.26.0 md/Botocore#1.29 exec-env/AWS_Lambda_python3.9", "boto3+aws_lambda_python"),
            ("aws-cli/2.9.1 Python/3.9 Linux/5 source/x86_64.kali", "aws-cli"),
            ("[aws-sdk-java/2.20.1]", "aws-sdk-java"),
            ("aws-sdk-go-v2/1.18.0 os/linux", "aws-sdk-go-v2"),
            ("APN/1.0 HashiCorp/1.0 Terraform/1.5.0 (+https://www.terraform.io) terraform-provider-aws/5.0", "terraform"),
            ("kubectl/v1.27.1 (linux/amd64) kubernetes/4c9411232e", "kubectl"),
            ("Mozilla/5.0 (X11; Linux) AppleWebKit/537 (KHTML, like Gecko) Chrome/120.0 Safari/537", "browser:chrome"),
            ("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/121.0", "browser:firefox"),
            ("curl/8.1.2", "curl"),
            ("python-requests/2.31.0", "python-requests"),
            ("OpenSSH_9.6", "openssh"),
            ("console.amazonaws.com", "console.amazonaws.com"),
            ("S3Console/0.4, aws-internal/3", "s3console"),
            ("(only a comment)", "(only"),
            ("", ""),
        ] {
            assert_eq!(ua_family(agent), expected, "{agent}");
        }
    }

    #[test]
    fn hostile_agents_stay_short() {
        assert!(ua_family(&"é".repeat(10_000)).len() < 200);
        assert!(ua_family(&"(".repeat(10_000)).len() < 200);
        assert!(ua_family(&format!("x exec-env/{}", "y".repeat(10_000))).len() < 200);
    }
}
