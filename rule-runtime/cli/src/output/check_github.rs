//! `sekisho check --format github`: workflow commands that GitHub Actions shows beside the lines.
//!
//! The form: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>

use sekisho_engine::diagnostic::{Diagnostic, Level};

use crate::commands::check::CheckRun;

/// Prints the run.
pub fn print(run: &CheckRun) {
    for problem in &run.problems {
        anstream::println!("{}", command(problem));
    }
}

fn command(problem: &Diagnostic) -> String {
    let kind = match problem.level {
        Level::Error => "error",
        Level::Note => "notice",
    };
    let mut properties = vec![format!("file={}", property(&problem.file))];
    properties.extend(problem.line.map(|line| format!("line={line}")));
    properties.extend(problem.column.map(|column| format!("col={column}")));
    properties.extend(problem.code.map(|code| format!("title={code}")));
    let field = problem.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("::{kind} {}::{}", properties.join(","), data(&format!("{field}{}{help}", problem.message)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        let problem = Diagnostic::new("a,b:c.rego", "100 %\nbad").code("SK0201").at(3, 5).help("mend it");
        assert_eq!(
            command(&problem),
            "::error file=a%2Cb%3Ac.rego,line=3,col=5,title=SK0201::100 %25%0Abad; mend it"
        );
        assert_eq!(command(&Diagnostic::new("a", "x").note()), "::notice file=a::x");
    }
}
