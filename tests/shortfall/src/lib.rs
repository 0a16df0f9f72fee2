//! System calls that fall short, for a program that is preloaded with this
//! library (`LD_PRELOAD`, Linux).
//!
//! On the loopback a blocking `write` takes all it is given, so a program that
//! never looks at the result passes every conversation. POSIX promises less:
//! `send` and `write` may take a part, `recv` and `read` may give a part, and
//! each may be interrupted by a signal (EINTR) before it did anything. Here they
//! do all of that, on sockets, standard input and standard output.
//!
//! The rule comes in the variable `NETLINGS_SHORTFALL`, for example
//! `send=3,recv=1,eintr=3`: at most 3 octets a `send` or `write`, at most 1 a
//! `recv` or `read`, and every third call is interrupted. 0 is "no limit". With
//! `emfile=2` every second `socket`, `accept` or `accept4` is refused with EMFILE,
//! as for a process that has too many files open.

#![cfg_attr(not(target_os = "linux"), allow(unused))]
#![allow(unsafe_code)]

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{CStr, c_int, c_void};
    use std::mem;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use libc::{size_t, ssize_t};

    type Write = unsafe extern "C" fn(c_int, *const c_void, size_t) -> ssize_t;
    type Read = unsafe extern "C" fn(c_int, *mut c_void, size_t) -> ssize_t;
    type Send = unsafe extern "C" fn(c_int, *const c_void, size_t, c_int) -> ssize_t;
    type Recv = unsafe extern "C" fn(c_int, *mut c_void, size_t, c_int) -> ssize_t;

    struct Rule {
        send: usize,
        recv: usize,
        eintr: usize,
        emfile: usize,
    }

    fn rule() -> &'static Rule {
        static RULE: OnceLock<Rule> = OnceLock::new();
        RULE.get_or_init(|| {
            let text = std::env::var("NETLINGS_SHORTFALL").unwrap_or_default();
            let of = |name: &str| {
                let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
                pairs
                    .filter(|(key, _)| *key == name)
                    .find_map(|(_, value)| value.parse().ok())
                    .unwrap_or(0)
            };
            Rule {
                send: of("send"),
                recv: of("recv"),
                eintr: of("eintr"),
                emfile: of("emfile"),
            }
        })
    }

    /// How many of `len` octets this call may move; `None` to interrupt it.
    fn allowed(len: size_t, most: usize) -> Option<size_t> {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        if rule().eintr > 0 && call.is_multiple_of(rule().eintr) {
            // SAFETY: the C library gives a valid pointer to this thread's errno.
            unsafe { *libc::__errno_location() = libc::EINTR };
            return None;
        }
        Some(if most == 0 { len } else { len.min(most) })
    }

    /// Whether `fd` is a socket, or a pipe as standard input or output: what
    /// the loader and the runtime read and write beside must stay as it is.
    fn concerns(fd: c_int) -> bool {
        // SAFETY: all zeros is a valid `stat`, and `fstat` only fills it.
        let (answer, stat) = unsafe {
            let mut stat: libc::stat = mem::zeroed();
            (libc::fstat(fd, &mut stat), stat)
        };
        let kind = stat.st_mode & libc::S_IFMT;
        answer == 0 && (kind == libc::S_IFSOCK || (kind == libc::S_IFIFO && (fd == 0 || fd == 1)))
    }

    /// The C library's own function of this name.
    fn next(name: &CStr) -> *mut c_void {
        // SAFETY: the name ends in NUL.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
        if found.is_null() {
            std::process::abort(); // no C library that has no `write`
        }
        found
    }

    /// `write(2)`, short.
    ///
    /// # Safety
    /// As `write(2)`: `from` points to `len` octets.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn write(fd: c_int, from: *const c_void, len: size_t) -> ssize_t {
        static NEXT: OnceLock<usize> = OnceLock::new();
        let next = *NEXT.get_or_init(|| next(c"write") as usize);
        let len = if concerns(fd) {
            allowed(len, rule().send)
        } else {
            Some(len)
        };
        let Some(len) = len else { return -1 };
        // SAFETY: this is the C library's `write`, and `len` only shrank.
        unsafe { mem::transmute::<usize, Write>(next)(fd, from, len) }
    }

    /// `read(2)`, short.
    ///
    /// # Safety
    /// As `read(2)`: `to` points to room for `len` octets.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn read(fd: c_int, to: *mut c_void, len: size_t) -> ssize_t {
        static NEXT: OnceLock<usize> = OnceLock::new();
        let next = *NEXT.get_or_init(|| next(c"read") as usize);
        let len = if concerns(fd) {
            allowed(len, rule().recv)
        } else {
            Some(len)
        };
        let Some(len) = len else { return -1 };
        // SAFETY: this is the C library's `read`, and `len` only shrank.
        unsafe { mem::transmute::<usize, Read>(next)(fd, to, len) }
    }

    /// `send(2)`, short.
    ///
    /// # Safety
    /// As `send(2)`: `from` points to `len` octets.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn send(
        fd: c_int,
        from: *const c_void,
        len: size_t,
        flags: c_int,
    ) -> ssize_t {
        static NEXT: OnceLock<usize> = OnceLock::new();
        let next = *NEXT.get_or_init(|| next(c"send") as usize);
        let Some(len) = allowed(len, rule().send) else {
            return -1;
        };
        // SAFETY: this is the C library's `send`, and `len` only shrank.
        unsafe { mem::transmute::<usize, Send>(next)(fd, from, len, flags) }
    }

    /// `recv(2)`, short.
    ///
    /// # Safety
    /// As `recv(2)`: `to` points to room for `len` octets.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn recv(
        fd: c_int,
        to: *mut c_void,
        len: size_t,
        flags: c_int,
    ) -> ssize_t {
        static NEXT: OnceLock<usize> = OnceLock::new();
        let next = *NEXT.get_or_init(|| next(c"recv") as usize);
        let Some(len) = allowed(len, rule().recv) else {
            return -1;
        };
        // SAFETY: this is the C library's `recv`, and `len` only shrank.
        unsafe { mem::transmute::<usize, Recv>(next)(fd, to, len, flags) }
    }

    /// Whether this call, which would open a descriptor, is to be refused.
    fn refused() -> bool {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        let refused = rule().emfile > 0 && call.is_multiple_of(rule().emfile);
        if refused {
            // SAFETY: the C library gives a valid pointer to this thread's errno.
            unsafe { *libc::__errno_location() = libc::EMFILE };
        }
        refused
    }

    /// `socket(2)`, refused now and then.
    ///
    /// # Safety
    /// None is needed beyond that of `socket(2)`, which takes no pointers.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn socket(domain: c_int, kind: c_int, protocol: c_int) -> c_int {
        type Socket = unsafe extern "C" fn(c_int, c_int, c_int) -> c_int;
        static NEXT: OnceLock<usize> = OnceLock::new();
        let next = *NEXT.get_or_init(|| next(c"socket") as usize);
        if refused() {
            return -1;
        }
        // SAFETY: this is the C library's `socket`.
        unsafe { mem::transmute::<usize, Socket>(next)(domain, kind, protocol) }
    }

    /// `accept4(2)`, refused now and then.
    ///
    /// # Safety
    /// As `accept4(2)`: the pointers are null, or point to room for an address
    /// and its length.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn accept4(
        fd: c_int,
        address: *mut libc::sockaddr,
        len: *mut libc::socklen_t,
        flags: c_int,
    ) -> c_int {
        type Accept4 =
            unsafe extern "C" fn(c_int, *mut libc::sockaddr, *mut libc::socklen_t, c_int) -> c_int;
        static NEXT: OnceLock<usize> = OnceLock::new();
        let next = *NEXT.get_or_init(|| next(c"accept4") as usize);
        if refused() {
            return -1;
        }
        // SAFETY: this is the C library's `accept4`, with the caller's arguments.
        unsafe { mem::transmute::<usize, Accept4>(next)(fd, address, len, flags) }
    }

    /// `accept(2)`, refused now and then.
    ///
    /// # Safety
    /// As `accept4(2)`.
    #[unsafe(no_mangle)]
    pub unsafe extern "C" fn accept(
        fd: c_int,
        address: *mut libc::sockaddr,
        len: *mut libc::socklen_t,
    ) -> c_int {
        // SAFETY: without flags it is the same call.
        unsafe { accept4(fd, address, len, 0) }
    }
}
