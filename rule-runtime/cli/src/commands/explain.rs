//! `sekisho explain`: what a code of `sekisho check` means, and how to write it instead.

use clap::Args;
use sekisho_engine::codes::{self, CODES, Code};
use sekisho_engine::diagnostic::Diagnostic;

use crate::Exit;
use crate::output::{self, GOOD};

/// Explain a code of sekisho check
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sekisho explain              every code, a line each\n  \
    sekisho explain SK0301       why it is a problem, and how to write it instead")]
pub struct ExplainArguments {
    /// The code; all of them where none is given
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// Runs the command.
pub fn run(arguments: &ExplainArguments) -> Exit {
    let Some(code) = &arguments.code else {
        for entry in CODES {
            anstream::println!("{GOOD}{}{GOOD:#}  {}", entry.code, entry.title);
        }
        return Exit::Success;
    };
    let Some(entry) = codes::find(code) else {
        let problem = Diagnostic::new("CODE", format!("there is no code \"{code}\""));
        output::diagnostic::error(&problem.help("sekisho explain lists them"));
        return Exit::Error;
    };
    print(entry);
    Exit::Success
}

fn print(entry: &Code) {
    anstream::println!("{GOOD}{}{GOOD:#}: {}\n\n{}\n", entry.code, entry.title, wrapped(entry.why));
    anstream::println!("Not:\n{}\n\nBut:\n{}", indented(entry.wrong), indented(entry.right));
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// At most 100 characters a line.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > 100 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}
