//! Work on many threads whose results come in the order of the work.
//!
//! In: jobs, one after the other, and what is done with each. Out: the results in the order of the jobs, while others are
//! still at work; what waits in memory is bounded.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::evaluate::stack;

/// Results a thread that may wait for one that takes longer.
const AHEAD: usize = 4;

/// Jobs a thread that are there before anyone is free to do them.
const READY: usize = 1;

/// Where jobs come from: one thread asks for the next while the others take those that are there.
struct Source<N, J> {
    next: Mutex<N>,
    open: Mutex<Open<J>>,
    has_changed: Condvar,
    /// Jobs that may be there.
    most: usize,
}

/// Jobs that nobody does yet.
struct Open<J> {
    jobs: VecDeque<(usize, J)>,
    /// How many there were.
    count: usize,
    /// A thread waits for the next.
    is_asked: bool,
    has_ended: bool,
}

impl<J, N: FnMut() -> Option<J>> Source<N, J> {
    fn new(next: N, most: usize) -> Self {
        let open = Open { jobs: VecDeque::new(), count: 0, is_asked: false, has_ended: false };
        Self { next: Mutex::new(next), open: Mutex::new(open), has_changed: Condvar::new(), most }
    }

    /// The next job and its number; none after the last.
    ///
    /// # Errors
    /// `next` panicked; there are no more then.
    fn take(&self) -> Result<Option<(usize, J)>, String> {
        let mut open = lock(&self.open);
        loop {
            if open.jobs.len() < self.most && !open.is_asked && !open.has_ended {
                open.is_asked = true;
                drop(open);
                let job = stack::catch(|| lock(&self.next)());
                open = lock(&self.open);
                open.is_asked = false;
                open.has_ended = !matches!(job, Ok(Some(_)));
                self.has_changed.notify_all();
                if let Some(job) = job? {
                    let number = open.count;
                    open.jobs.push_back((number, job));
                    open.count += 1;
                }
            } else if let Some(job) = open.jobs.pop_front() {
                return Ok(Some(job));
            } else if open.has_ended {
                return Ok(None);
            } else {
                open = self.has_changed.wait(open).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

struct Results<D, R> {
    done: D,
    waiting: BTreeMap<usize, Result<R, String>>,
    count: usize,
    /// `done` panicked; whoever waits for it would wait for ever.
    has_ended: bool,
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
    let source = Source::new(next, threads * READY);
    let results = Results { done, waiting: BTreeMap::new(), count: 0, has_ended: false };
    let results = Mutex::new(results);
    let has_room = Condvar::new();
    let labour = || -> Result<(), String> {
        let mut worker = worker();
        while let Some((number, job)) = source.take()? {
            let result = stack::catch(|| work(&mut worker, job));
            let mut results = lock(&results);
            while number > results.count + threads * AHEAD && !results.has_ended {
                results = has_room.wait(results).unwrap_or_else(PoisonError::into_inner);
            }
            results.waiting.insert(number, result);
            let Results { done, waiting, count, has_ended } = &mut *results;
            while !*has_ended && let Some(result) = waiting.remove(count) {
                let is_done = stack::catch(|| done(result));
                *has_ended = is_done.is_err();
                *count += 1;
                has_room.notify_all();
                is_done?;
            }
            if *has_ended {
                return Ok(());
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| stack::with_large(labour))).collect();
        let ended = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err("a thread died".to_owned())).flatten());
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
    use std::time::Duration;

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
    fn who_has_no_job_takes_one_that_is_there_and_does_not_wait_for_the_source() {
        let (begun, has_begun) = (Mutex::new(false), Condvar::new());
        let mut numbers = 0..20;
        let mut was_in_time = true;
        let next = || {
            let number = numbers.next()?;
            if number == 2 {
                let wait = Duration::from_secs(10);
                let waited = has_begun.wait_timeout_while(lock(&begun), wait, |begun| !*begun).unwrap();
                was_in_time = !waited.1.timed_out();
            }
            Some(number)
        };
        let work = |(): &mut (), number| {
            if number == 1 {
                *lock(&begun) = true;
                has_begun.notify_all();
            }
        };
        run(2, || (), next, work, |result| result.unwrap()).unwrap();
        assert!(was_in_time);
    }

    #[test]
    fn a_source_that_panics_ends_the_work_and_is_told() {
        for threads in [1, 2, 5] {
            let mut numbers = 0..100;
            let next = || numbers.next().inspect(|number| assert_ne!(*number, 50, "no more"));
            let mut seen = Vec::new();
            let ended = run(threads, || (), next, |(), n| n, |result| seen.push(result.unwrap()));
            assert!(ended.unwrap_err().contains("no more"));
            assert_eq!(seen, (0..50).collect::<Vec<_>>(), "{threads}");
        }
    }

    #[test]
    fn who_takes_the_results_may_panic_and_nobody_waits_for_ever() {
        for threads in [1, 2, 5] {
            let mut numbers = 0..10_000;
            let mut seen = 0;
            let done = |_| {
                seen += 1;
                assert!(seen < 50, "full");
            };
            assert_eq!(run(threads, || (), || numbers.next(), |(), n| n, done), Err("full".to_owned()));
            assert_eq!(seen, 50, "{threads}");
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
