//! Work on many threads whose results come in the order of the work.
//!
//! In: jobs, one after the other, and what is done with each. Out: the results in the order of the jobs, while others are
//! still at work; what waits in memory is bounded.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::evaluate::stack;

/// Results a thread that may wait for one that takes longer.
const AHEAD: usize = 4;

struct Jobs<N> {
    next: N,
    count: usize,
}

struct Results<D, R> {
    done: D,
    waiting: BTreeMap<usize, Result<R, String>>,
    count: usize,
}

/// Takes jobs from `next` until there is none and does `work` on `threads` threads, each with a worker of its own and a
/// [large stack](stack::with_large). `done` gets the results in the order of the jobs: what a job came to, or the message of
/// its panic.
///
/// # Errors
/// A thread could not be started, or `next` or `done` panicked.
pub fn run<J: Send, W, R: Send>(
    threads: usize,
    worker: impl Fn() -> W + Sync,
    next: impl FnMut() -> Option<J> + Send,
    work: impl Fn(&mut W, J) -> R + Sync,
    done: impl FnMut(Result<R, String>) + Send,
) -> Result<(), String> {
    let threads = threads.max(1);
    let jobs = Mutex::new(Jobs { next, count: 0 });
    let results = Mutex::new(Results { done, waiting: BTreeMap::new(), count: 0 });
    let has_room = Condvar::new();
    let labour = || {
        let mut worker = worker();
        loop {
            let (number, job) = {
                let mut jobs = lock(&jobs);
                let Some(job) = (jobs.next)() else { return };
                jobs.count += 1;
                (jobs.count - 1, job)
            };
            let result = stack::catch(|| work(&mut worker, job));
            let mut results = lock(&results);
            while number > results.count + threads * AHEAD {
                results = has_room.wait(results).unwrap_or_else(PoisonError::into_inner);
            }
            results.waiting.insert(number, result);
            let Results { done, waiting, count } = &mut *results;
            while let Some(result) = waiting.remove(count) {
                done(result);
                *count += 1;
            }
            has_room.notify_all();
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| stack::with_large(labour))).collect();
        let ended = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err("a thread died".to_owned())));
        ended.collect::<Vec<_>>().into_iter().collect()
    })
}

/// A thread that panicked with the lock leaves what it guards as it was: each panic is told apart from this.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_come_in_order_and_little_waits() {
        for threads in [1, 2, 5] {
            let mut numbers = 0..2_000_usize;
            let mut seen = Vec::new();
            let open = AtomicUsize::new(0);
            let most = AtomicUsize::new(0);
            run(
                threads,
                || (),
                || {
                    most.fetch_max(open.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
                    numbers.next()
                },
                // Some take longer.
                |(), number| (0..number % 17 * 1000).fold(number, |sum, n| std::hint::black_box(sum + n - n)),
                |result| {
                    open.fetch_sub(1, Ordering::SeqCst);
                    seen.push(result.unwrap());
                },
            )
            .unwrap();
            assert_eq!(seen, (0..2_000).collect::<Vec<_>>());
            assert!(most.into_inner() <= threads * (AHEAD + 2), "{threads}");
        }
    }

    #[test]
    fn a_job_that_panics_is_told_in_its_place() {
        let mut numbers = 0..100;
        let mut seen = Vec::new();
        let next = || numbers.next();
        run(2, || (), next, |(), n| if n == 50 { panic!("fifty") } else { n }, |result| seen.push(result))
            .unwrap();
        assert_eq!(seen.len(), 100);
        assert_eq!((&seen[49], &seen[50], &seen[51]), (&Ok(49), &Err("fifty".to_owned()), &Ok(51)));
    }
}
