//! Wants to be more than it is: root, a namespace, a raw socket, the kernel.

pub fn attack() {
    unsafe {
        let refused = [
            setuid(0) as i64,
            unshare(0x1000_0000) as i64,                       // CLONE_NEWUSER
            unshare(0x0002_0000) as i64,                       // CLONE_NEWNS
            socket(17, 3, 0) as i64,                           // AF_PACKET
            socket(2, 3, 1) as i64,                            // a raw socket
            socket(16, 3, 0) as i64,                           // AF_NETLINK
            syscall(56, 0x1000_0011_i64, 0_i64, 0_i64, 0_i64, 0_i64), // clone
            syscall(165, c"none".as_ptr(), c"/tmp".as_ptr(), c"tmpfs".as_ptr(), 0_i64, 0_i64), // mount
            syscall(161, c"/".as_ptr()),                       // chroot
            syscall(425, 8_i64, 0_i64),                        // io_uring_setup
            syscall(321, 0_i64, 0_i64, 0_i64),                 // bpf
            syscall(250, 0_i64, 0_i64),                        // keyctl
            syscall(323, 0_i64),                               // userfaultfd
            syscall(298, 0_i64, 0_i64, -1_i64, -1_i64, 0_i64), // perf_event_open
        ];
        if refused.iter().any(|&result| result >= 0) {
            won();
        }
        // Refused whatever the descriptor is, and not because it is no terminal.
        for request in [0x5412_i64, 0x541c] {
            let typed = syscall(16, 0_i64, request, c"x".as_ptr()); // ioctl
            if typed >= 0 || std::io::Error::last_os_error().raw_os_error() != Some(1) {
                won();
            }
        }
    }
}
