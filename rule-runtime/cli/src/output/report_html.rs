//! A report as one page that needs nothing else: no network, no second file.
//!
//! In: a [`Report`]. Out: HTML. The report is in the page as JSON, and the script builds what is looked at from it; what
//! came from outside is never markup. The page's own policy (CSP) lets only this script and this style run, by their hashes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::report_labels::Labels;
use crate::report::Report;

const SCRIPT: &str = include_str!("../../assets/report.js");
const STYLE: &str = include_str!("../../assets/report.css");

/// The page.
pub fn page(report: &Report, labels: &Labels) -> String {
    let title = labels.get("title");
    let data = json!({"report": report, "labels": labels});
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '{script}'; \
         style-src '{style}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"{generator}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<main id=\"report\">\n<h1>{title}</h1>\n<noscript><p>{noscript}</p></noscript>\n</main>\n\
         <script type=\"application/json\" id=\"data\">{data}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        lang = labels.lang,
        script = hash(SCRIPT),
        style = hash(STYLE),
        generator = escape(&report.generator),
        title = escape(title),
        noscript = escape(labels.get("noscript")),
        data = inert(&data.to_string()),
    )
}

/// As a content security policy names it.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// JSON that ends no element: these characters stand in strings only, where they may be escaped.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn json_in_the_page_cannot_end_its_element() {
        let value = json!({"id": "</script><script>alert(1)</script><!--&amp;"});
        let text = inert(&value.to_string());
        assert!(!text.contains(['<', '>', '&']), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn script_and_style_hold_nothing_that_ends_them_or_reaches_out() {
        for text in [SCRIPT, STYLE] {
            assert!(!text.contains("</") && !text.contains("http:") && !text.contains("innerHTML"));
        }
    }
}
