//! The C programs of `tests/` and `examples/`: as they are, with sanitizers, under valgrind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]
#![allow(clippy::disallowed_types, reason = "a client of the example's server")]

mod kit;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use kit::{Program, compiler, library, sanitized_library, succeed, top};

const VALGRIND: &[&str] =
    &["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--fair-sched=yes"];
const SCRIPT: &[&str] = &["tests/script/script.c", "tests/script/row.c", "tests/script/words.c"];
/// What is done to each function that no caller may do.
const MISUSES: [&str; 5] = [
    "tests/misuse_keeping.c",
    "tests/misuse_keys.c",
    "tests/misuse_moving.c",
    "tests/misuse_store.c",
    "tests/misuse_structs.c",
];

/// Runs the program in all three ways.
fn runs(source: &str) {
    let plain = Program::build("clang", &[source], &[]);
    succeed(&mut plain.command(&[]));
    succeed(&mut plain.command(VALGRIND));
    succeed(&mut Program::sanitized(&[source], &[]).command(&[]));
}

#[test]
fn quickstart_comes_from_open_to_a_refused_token() {
    let quickstart = Program::build("cc", &["examples/quickstart.c"], &[]);
    let said = succeed(&mut quickstart.command(&[])).stdout;
    let said = String::from_utf8(said).unwrap();
    let ends = ["is seen here and never again", "with the scope read: ok", "revoked: revoked"];
    for (line, end) in said.lines().zip(ends) {
        assert!(line.ends_with(end), "{line}");
    }
    assert_eq!(said.lines().count(), ends.len());
    runs("examples/quickstart.c");
}

#[test]
fn misuse_of_every_function_is_a_status_and_writes_nothing() {
    MISUSES.into_iter().for_each(runs);
}

#[test]
fn keys_come_many_at_once_and_from_elsewhere_and_leaks_are_found() {
    runs("tests/moving.c");
}

#[test]
fn a_store_is_kept_backed_up_restored_and_given_another_pepper() {
    runs("tests/keeping.c");
}

#[test]
fn no_function_is_left_out_of_what_is_misused() {
    let read = |path: &str| std::fs::read_to_string(Path::new(kit::CRATE).join(path)).unwrap();
    let misused: String = MISUSES.map(read).concat();
    let symbols = read("abi/symbols.txt");
    let left_out: Vec<&str> =
        symbols.lines().filter(|name| !misused.contains(&format!("{name}("))).collect();
    // It takes nothing.
    assert_eq!(left_out, ["keycask_abi"]);
}

#[test]
fn no_function_on_a_store_is_left_out_of_what_a_child_tries() {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let tried = read(&Path::new(kit::CRATE).join("tests/fork.c"));
    let header = read(&top().join("include/keycask.h"));
    let words: Vec<&str> = header.split_whitespace().collect();
    let words = words.join(" ");
    let symbols = read(&Path::new(kit::CRATE).join("abi/symbols.txt"));
    let on_a_store: Vec<&str> = symbols
        .lines()
        .filter(|name| {
            let takes = |store: &str| words.contains(&format!("{name}({store} *store"));
            takes("const keycask_store") || takes("keycask_store")
        })
        .collect();
    assert!(on_a_store.len() > 70, "{on_a_store:?}");
    for name in on_a_store {
        assert!(tried.contains(&format!("{name}(of->store")), "{name} is not tried in a child");
    }
}

#[test]
fn threads_use_one_handle_at_once_and_close_it_once() {
    runs("tests/threads.c");
}

#[test]
fn a_fork_leaves_the_file_whole_and_the_parent_unharmed() {
    let plain = Program::build("cc", &["tests/fork.c"], &[]);
    succeed(&mut plain.command(&[]));
    // A child keeps what it inherited, for its locks may be held: that is no leak.
    succeed(&mut plain.command(&["valgrind", "--quiet", "--error-exitcode=99"]));
    succeed(&mut Program::sanitized(&["tests/fork.c"], &[]).command(&[]));
}

/// The state of the generator is what a fork gives to both.
#[test]
fn a_generator_that_parent_and_child_share_is_found_out() {
    let program = Program::sanitized(&["tests/fork.c"], &[]);
    let output = program.command(&[]).env("KEYCASK_PLANTED", "inherited").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let is_found = !output.status.success() && said.contains("strcmp(mine[at], others[other])");
    assert!(is_found, "{}: {said}", output.status);
}

#[test]
fn of_a_token_that_is_too_long_nothing_is_read_but_its_first_32_bytes() {
    runs("tests/lengths.c");
}

#[test]
fn a_token_that_is_read_before_its_length_is_compared_is_found_out() {
    let program = Program::sanitized(&["tests/lengths.c"], &[]);
    let output = program.command(&[]).env("KEYCASK_PLANTED", "unmeasured").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let told = ["heap-buffer-overflow", "READ of size 1", "libkeycask.so"];
    assert!(!output.status.success() && told.iter().all(|part| said.contains(part)), "{said}");
}

#[test]
fn networks_idle_spans_and_quotas_decide_and_are_told() {
    runs("tests/usage.c");
}

#[test]
fn keys_are_listed_counted_and_ended_by_what_they_are() {
    runs("tests/asking.c");
}

#[test]
fn what_was_done_and_decided_is_told_to_those_who_follow() {
    runs("tests/watching.c");
}

#[test]
fn a_profile_is_told_as_it_was_applied() {
    runs("tests/profile.c");
}

#[test]
fn structs_are_laid_out_as_they_always_were() {
    runs("tests/layout.c");
}

#[test]
fn deciding_takes_nothing_from_the_heap() {
    // The program has a heap of its own, which sanitizers and valgrind would replace.
    succeed(&mut Program::build("cc", &["tests/allocation.c"], &[]).command(&[]));
}

#[test]
fn a_child_at_the_limit_of_descriptors_keeps_no_lock() {
    runs("tests/limit.c");
}

#[test]
fn a_child_that_is_forked_while_a_store_is_opened_or_written_anew_keeps_no_lock() {
    runs("tests/meanwhile.c");
}

#[test]
fn the_library_is_loaded_and_unloaded_with_threads_and_forks_around_it() {
    let dir = tempfile::tempdir().unwrap();
    let binary = dir.path().join("load");
    let mut compile = compiler("cc");
    compile.args(["-std=c11", "-O1", "-D_POSIX_C_SOURCE=200809L"]);
    compile.arg(Path::new(kit::CRATE).join("tests/load.c")).arg("-o").arg(&binary);
    succeed(compile.args(["-lpthread", "-ldl"]));
    let mut load = Command::new(&binary);
    succeed(load.arg(dir.path().join("k")).arg(library().join("libkeycask.so")));
}

fn scripts() -> Vec<std::path::PathBuf> {
    let all = std::fs::read_dir(top().join("tests/systems")).unwrap();
    let scripts = all.map(|entry| entry.unwrap().path());
    scripts.filter(|path| path.extension().is_some_and(|ending| ending == "txt")).collect()
}

fn play(program: &Program, wrapper: &[&str], script: &Path) {
    succeed(program.command(wrapper).arg(top()).arg(script));
}

#[test]
fn the_systems_scripts_come_out_the_same_through_the_c_abi() {
    let (plain, sanitized) = (Program::build("cc", SCRIPT, &[]), Program::sanitized(SCRIPT, &[]));
    let scripts = scripts();
    assert!(scripts.len() >= 5);
    for script in &scripts {
        play(&plain, &[], script);
        play(&sanitized, &[], script);
    }
    // One is enough for what a sanitizer does not see: memory that was never set.
    play(&plain, VALGRIND, scripts.first().unwrap());
}

#[test]
fn a_script_that_is_not_so_is_noticed() {
    let program = Program::build("cc", SCRIPT, &[]);
    let dir = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(top().join("tests/systems/seogeo.txt")).unwrap();
    for (from, to) in [
        ("\n? missing\n", "\n? empty\n"),
        ("plan=pro prefix=sg_live_", "plan=free prefix=sg_live_"),
        ("! conflict 'shown once'", "! argument 'shown once'"),
        ("\"code\":\"FORBIDDEN\"", "\"code\":\"FORBID\""),
        ("\n< Cache-Control: no-store\n", "\n< Cache-Control: store\n"),
    ] {
        assert!(text.contains(from), "{from}");
        let script = dir.path().join("changed.txt");
        std::fs::write(&script, text.replacen(from, to, 1)).unwrap();
        let run = program.command(&[]).arg(top()).arg(&script).output().unwrap();
        assert_eq!(run.status.code(), Some(1), "{from}");
        assert!(String::from_utf8_lossy(&run.stderr).contains("changed.txt:"), "{from}");
    }
}

/// The status line and the rest of what the server at `address` answers.
fn ask(address: &str, head: impl AsRef<[u8]>) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(head.as_ref()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (status, rest) = answer.split_once("\r\n").unwrap();
    (status.trim_end().to_owned(), rest.to_owned())
}

#[test]
fn the_server_answers_as_the_profile_says() {
    // The quickstart's store, in which no key is left.
    let quickstart = Program::build("cc", &["examples/quickstart.c"], &[]);
    let mut command = quickstart.command(&[]);
    let store = command.get_args().next().unwrap().to_owned();
    let said = succeed(&mut command).stdout;
    let token = String::from_utf8(said).unwrap().split(' ').next().unwrap().to_owned();

    let program = Program::sanitized(&["examples/serve.c"], &[]);
    let serve = Command::new(program.command(&[]).get_program())
        .args([store.to_str().unwrap(), "acme", "0"])
        .env("LD_LIBRARY_PATH", sanitized_library())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut serve = serve.unwrap();
    let mut line = String::new();
    BufReader::new(serve.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap().to_owned();

    let (status, rest) = ask(&address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(status, "HTTP/1.1 401");
    assert!(rest.contains("WWW-Authenticate: Bearer realm=\"acme\"\r\n"), "{rest}");
    assert!(rest.contains("application/problem+json"), "{rest}");
    let revoked = format!("GET / HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n");
    assert_eq!(ask(&address, &revoked).0, "HTTP/1.1 401");
    // What is not UTF-8 is no failure of the server.
    for head in [
        &b"\xFF / HTTP/1.1\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\nX-Request-Id: \xFF\r\n\r\n",
        b"GET / HTTP/1.1\r\nA\xFF: b\r\n\r\n",
    ] {
        assert_eq!(ask(&address, head).0, "HTTP/1.1 401", "{}", head.escape_ascii());
    }
    assert_eq!(ask(&address, "no head\r\n\r\n").0, "HTTP/1.1 400");
    let flood = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(500));
    assert_eq!(ask(&address, &flood).0, "HTTP/1.1 400");

    succeed(Command::new("kill").arg(serve.id().to_string()));
    let end = serve.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&end.stderr);
    assert!(end.status.success(), "{log}");
    assert!(log.contains("GET missing -\n") && log.contains("GET revoked key_"), "{log}");
}
