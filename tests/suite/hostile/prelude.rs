use std::ffi::{c_char, c_int, c_long};

unsafe extern "C" {
    fn _exit(status: c_int) -> !;
    fn fcntl(fd: c_int, command: c_int, argument: c_int) -> c_int;
    fn fork() -> c_int;
    fn getpid() -> c_int;
    fn getppid() -> c_int;
    fn kill(process: c_int, signal: c_int) -> c_int;
    fn msgget(key: c_int, flags: c_int) -> c_int;
    fn pause() -> c_int;
    fn prctl(option: c_int, a: usize, b: usize, c: usize, d: usize) -> c_int;
    fn ptrace(request: c_int, process: c_int, address: usize, data: usize) -> c_long;
    fn semget(key: c_int, count: c_int, flags: c_int) -> c_int;
    fn setsid() -> c_int;
    fn setuid(uid: c_int) -> c_int;
    fn shmget(key: c_int, len: usize, flags: c_int) -> c_int;
    fn signal(signal: c_int, handler: usize) -> usize;
    fn socket(family: c_int, kind: c_int, protocol: c_int) -> c_int;
    fn syscall(number: c_long, ...) -> c_long;
    fn unshare(flags: c_int) -> c_int;
    fn write(fd: c_int, octets: *const u8, len: usize) -> isize;
}

/// The attack has got what it wanted: no check can pass any more.
fn won() -> ! {
    eprintln!("the attack has got what it wanted");
    std::process::exit(77)
}

