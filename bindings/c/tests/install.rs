//! What `make install` puts where, and that programs find it there.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at a surprise")]

mod kit;

use std::path::{Path, PathBuf};
use std::process::Command;

use kit::{CRATE, STRICT, succeed, top};

fn said(command: &mut Command) -> String {
    String::from_utf8(succeed(command).stdout).unwrap()
}

/// Installs what the other tests run, instead of a release that takes minutes to build.
fn install(args: &[&Path]) {
    let mut install = Command::new(top().join("bindings/c/install"));
    succeed(install.args(args).env("KEYCASK_PROFILE", "dev"));
}

fn quickstart() -> PathBuf {
    Path::new(CRATE).join("examples/quickstart.c")
}

/// Compiles the quickstart with `flags`, runs it, and gives the libraries that it loads.
fn builds(dir: &Path, name: &str, flags: &str, libraries: &Path) -> String {
    let binary = dir.join(name);
    let mut compile = Command::new("cc");
    compile.args(STRICT).arg("-std=c11").arg(quickstart()).arg("-o").arg(&binary);
    succeed(compile.args(flags.split_whitespace()));
    let mut run = Command::new(&binary);
    succeed(run.arg(dir.join(format!("{name}.keycask"))).env("LD_LIBRARY_PATH", libraries));
    said(Command::new("readelf").arg("--dynamic").arg(&binary))
}

#[test]
fn an_installed_library_is_found_by_pkg_config_and_by_cmake_in_both_modes() {
    let dir = tempfile::tempdir().unwrap();
    let prefix = dir.path().join("usr");
    install(&[&prefix]);
    let lib = prefix.join("lib");

    let pkg = |options: &[&str]| {
        let mut pkg = Command::new("pkg-config");
        pkg.args(options).arg("keycask").env("PKG_CONFIG_PATH", lib.join("pkgconfig"));
        said(&mut pkg)
    };
    let version = said(
        Command::new("pkg-config")
            .arg("--modversion")
            .arg("keycask")
            .env("PKG_CONFIG_PATH", lib.join("pkgconfig")),
    );
    assert_eq!(version.trim(), env!("CARGO_PKG_VERSION"));
    let dynamic = builds(dir.path(), "dynamic", &pkg(&["--cflags", "--libs"]), &lib);
    assert!(dynamic.contains("libkeycask.so."), "{dynamic}");
    let flags = pkg(&["--static", "--cflags", "--libs"]);
    let flags = flags.replace("-lkeycask", "-l:libkeycask.a");
    let fixed = builds(dir.path(), "static", &flags, Path::new("/nowhere"));
    assert!(!fixed.contains("libkeycask"), "{fixed}");
    let flags = pkg(&["--static", "--cflags", "--libs"]);
    let whole = builds(dir.path(), "whole", &format!("-static {flags}"), Path::new("/nowhere"));
    assert!(!whole.contains("NEEDED"), "{whole}");

    let project = dir.path().join("project");
    std::fs::create_dir(&project).unwrap();
    let lists = format!(
        "cmake_minimum_required(VERSION 3.16)\nproject(quick C)\n\
         find_package(keycask {} REQUIRED)\n\
         add_executable(shared {source})\ntarget_link_libraries(shared keycask::keycask)\n\
         add_executable(static {source})\ntarget_link_libraries(static keycask::static)\n",
        env!("CARGO_PKG_VERSION"),
        source = quickstart().display()
    );
    std::fs::write(project.join("CMakeLists.txt"), lists).unwrap();
    let build = project.join("build");
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(&project).arg("-B").arg(&build);
    succeed(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display())));
    succeed(Command::new("cmake").arg("--build").arg(&build));
    for name in ["shared", "static"] {
        succeed(Command::new(build.join(name)).arg(project.join(format!("{name}.keycask"))));
    }

    let names = said(
        Command::new("nm").args(["--extern-only", "--defined-only"]).arg(lib.join("libkeycask.a")),
    );
    let mut names: Vec<&str> = names.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    names.sort_unstable();
    let want = std::fs::read_to_string(Path::new(CRATE).join("abi/symbols.txt")).unwrap();
    assert_eq!(names, want.lines().collect::<Vec<_>>(), "the archive has other global names");
}

#[test]
fn a_destdir_stands_before_every_path_and_in_no_file() {
    let dir = tempfile::tempdir().unwrap();
    install(&[Path::new("/opt/keycask"), dir.path()]);
    let root = dir.path().join("opt/keycask");
    let pc = std::fs::read_to_string(root.join("lib/pkgconfig/keycask.pc")).unwrap();
    assert!(pc.starts_with("prefix=/opt/keycask\n"), "{pc}");
    for file in [
        "include/keycask.h",
        "lib/libkeycask.so",
        "lib/libkeycask.a",
        "lib/cmake/keycask/keycask-config.cmake",
        "lib/cmake/keycask/keycask-config-version.cmake",
    ] {
        assert!(root.join(file).exists(), "{file}");
    }
}
