//! `sekisho test --update`: what came out becomes what a fixture expects, after the difference was shown.

use std::fs;
use std::sync::Arc;

use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::policy::Policy;
use serde_json::json;

use super::judge::expectation;
use crate::fixture::Case;
use crate::whole_file;

/// Writes what `case` comes to into its file, in the place of its `expect`; the rest of the file stays as it is.
///
/// # Errors
/// There is no verdict to expect, or the file cannot be written; it is as it was.
pub fn update(case: &Case, policy: &Arc<Policy>) -> Result<(), Diagnostic> {
    let problem = |message: String| Diagnostic::new(case.path.display().to_string(), message);
    let expect = expectation(case, policy)?;
    let block = serde_saphyr::to_string(&json!({"expect": expect}))
        .map_err(|error| problem(format!("cannot be written: {error}")))?;
    let text = fs::read_to_string(&case.path).map_err(|error| problem(format!("cannot be read: {error}")))?;
    let text = replace_block(&text, &block).ok_or_else(|| {
        problem("its expect does not begin a line".into()).help("write expect: at the beginning of a line")
    })?;
    whole_file::replace(&case.path, &text).map_err(|error| problem(format!("cannot be written: {error}")))
}

/// `text` with `block` for the lines from `expect:` to the next line that is not part of it.
fn replace_block(text: &str, block: &str) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let start = lines.iter().position(|line| line.starts_with("expect:"))?;
    let is_within = |line: &str| line.trim().is_empty() || line.starts_with([' ', '\t', '-']);
    let mut end = start + 1 + lines[start + 1..].iter().take_while(|line| is_within(line)).count();
    while end > start + 1 && lines[end - 1].trim().is_empty() {
        end -= 1;
    }
    let mut block = block.trim_end().to_owned();
    block.push('\n');
    Some(format!("{}{block}{}", lines[..start].concat(), lines[end..].concat()))
}

#[cfg(test)]
mod tests {
    use super::replace_block;

    #[test]
    fn the_rest_stays_as_it_is() {
        let text = "# a\ntitle: t\nexpect:\n  compliance: COMPLIANT\n\n  reasons:\n  - x\n\n# b\nitem: {}\n";
        let new = replace_block(text, "expect:\n  compliance: NON_COMPLIANT\n");
        assert_eq!(
            new.as_deref(),
            Some("# a\ntitle: t\nexpect:\n  compliance: NON_COMPLIANT\n\n# b\nitem: {}\n")
        );
        assert_eq!(
            replace_block("title: t\nexpect: {compliance: COMPLIANT}", "expect: {}").as_deref(),
            Some("title: t\nexpect: {}\n")
        );
        assert_eq!(replace_block("{expect: 1}", "expect: {}"), None);
    }
}
