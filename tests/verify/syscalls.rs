//! System calls: a thread that may make none decides about every token.
//!
//! The thread gives up all system calls for good, under pain of its process's death, so each
//! test is run in a child of its own. How it ends is told by memory, which another thread reads.

use std::collections::BTreeMap;
use std::os::unix::process::{ExitStatusExt, parent_id};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, hint, process, thread};

use keycask::Options;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

use super::kit::Scene;

/// Set in a child.
const CHILD: &str = "KEYCASK_TEST_CHILD";
/// The signal that a forbidden system call ends its process with.
const SIGSYS: i32 = 31;

/// A filter that lets nothing through.
fn nothing() -> BpfProgram {
    let arch = env::consts::ARCH.try_into().unwrap();
    let (kill, allow) = (SeccompAction::KillProcess, SeccompAction::Allow);
    SeccompFilter::new(BTreeMap::new(), kill, allow, arch).unwrap().try_into().unwrap()
}

/// The child: does `work` without system calls, then ends well.
fn renounce(work: impl FnOnce(&mut Scene) + Send + 'static) -> ! {
    static DONE: AtomicBool = AtomicBool::new(false);
    // The thread's first readings of the clock, and so on, have been made in here.
    let mut scene = Scene::new(Options::new());
    let renouncing = thread::spawn(move || {
        scene.present_all();
        apply_filter(&nothing()).expect("the system has no seccomp filters");
        work(&mut scene);
        // Ending a thread takes system calls.
        DONE.store(true, Ordering::Release);
        loop {
            hint::spin_loop();
        }
    });
    let start = Instant::now();
    while !DONE.load(Ordering::Acquire) {
        let fails = renouncing.is_finished() || start.elapsed() > Duration::from_secs(60);
        assert!(!fails, "the thread does not come to its end");
        thread::sleep(Duration::from_millis(1));
    }
    process::exit(0)
}

/// The parent: runs the test of this name in a child.
fn run(test: &str) -> process::ExitStatus {
    let mut child = Command::new(env::current_exe().unwrap());
    child
        .args([&format!("syscalls::{test}"), "--exact", "--nocapture"])
        .env(CHILD, "1")
        .stdout(process::Stdio::null());
    child.status().unwrap()
}

#[test]
fn no_outcome_takes_a_system_call() {
    if env::var_os(CHILD).is_some() {
        renounce(|scene| {
            scene.present_fresh();
            (0..100).for_each(|_| scene.present_all());
        });
    }
    let status = run("no_outcome_takes_a_system_call");
    assert_eq!(status.code(), Some(0), "{status}");
}

#[test]
fn one_system_call_among_all_outcomes_is_noticed() {
    if env::var_os(CHILD).is_some() {
        renounce(|scene| {
            scene.present_all();
            hint::black_box(parent_id());
            scene.present_all();
        });
    }
    let status = run("one_system_call_among_all_outcomes_is_noticed");
    assert_eq!(status.signal(), Some(SIGSYS), "{status}");
}
