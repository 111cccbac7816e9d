//! What `sekisho --help` says, of every command.

use crate::{binary, output};

/// The help of a command, its lines as long as they are written.
pub fn of(path: &[String]) -> String {
    let mut command = std::process::Command::new(binary("sekisho"));
    command.args(path).arg("--help").env("COLUMNS", "1000");
    output(command).stdout
}

/// Every command, nested ones too, as the help lists them; the first is `sekisho` itself.
pub fn commands() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(path) = open.pop() {
        let help = of(&path);
        let listed = help.split_once("Commands:\n").map_or("", |(_, rest)| rest);
        let names = listed
            .lines()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_whitespace().next());
        open.extend(
            names.filter(|name| *name != "help").map(|name| [path.clone(), vec![name.to_owned()]].concat()),
        );
        found.push(path);
    }
    assert!(found.len() >= 18, "{found:?}");
    found.sort();
    found
}
