//! Makes a gzipped snapshot of AWS Config: `make-snapshot COUNT FILE`.

use std::fs::File;
use std::io::BufWriter;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [count, file] = &arguments[..] else {
        eprintln!("usage: make-snapshot COUNT FILE");
        return ExitCode::from(2);
    };
    let Ok(count) = count.parse() else {
        eprintln!("COUNT is \"{count}\", expected a number of items");
        return ExitCode::from(2);
    };
    match File::create(file).and_then(|out| sekisho_tests::snapshots::write(count, BufWriter::new(out))) {
        Ok(bytes) => {
            println!("{file}: {count} items, {bytes} bytes of JSON");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::from(2)
        }
    }
}
