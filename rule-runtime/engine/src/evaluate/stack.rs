//! A thread with a stack that Rego cannot exhaust, and a net under it.

use std::panic::{self, AssertUnwindSafe};
use std::thread;

/// Bytes; only the pages that are used cost memory. At 8 MiB regorus dies of a chain of rules some 9,000
/// long; [`crate::policy`] refuses chains of more than a few hundred.
const STACK: usize = 256 << 20;

/// Runs `work` on a thread with a large stack. A panic becomes its message.
///
/// # Errors
/// `work` panicked, or the thread could not be started.
pub fn with_large<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("rego".into())
            .stack_size(STACK)
            .spawn_scoped(scope, || catch(work))
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        thread.join().unwrap_or_else(|panic| Err(message(&panic)))
    })
}

/// Runs `work` and turns a panic into its message, without the backtrace on standard error.
///
/// # Errors
/// `work` panicked.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|panic| message(&panic))
}

fn message(panic: &Box<dyn std::any::Any + Send>) -> String {
    panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_not_the_end() {
        assert_eq!(with_large(|| -> u8 { panic!("boom {}", 1) }), Err("boom 1".to_owned()));
        assert_eq!(with_large(|| 7), Ok(7));
    }

    #[test]
    fn the_stack_is_large() {
        fn deep(n: u32) -> u32 {
            let buffer = std::hint::black_box([0_u8; 1024]);
            if n == 0 { u32::from(buffer[0]) } else { 1 + deep(n - 1) }
        }
        assert_eq!(with_large(|| deep(50_000)), Ok(50_000));
    }
}
