#!/usr/bin/perl
# Runs a command and stays the parent of all that comes from it, also of what its own parent leaves behind, so that the CPU
# time of every process that has ended is in this one's account (PR_SET_CHILD_SUBREAPER; Node has no call for that).
use strict;
use warnings;
use POSIX ();

my %number = (x86_64 => 157, aarch64 => 167);
my $prctl = $number{ (POSIX::uname())[4] } or die "prctl is not known on this machine\n";
syscall($prctl, 36, 1, 0, 0, 0) == 0 or die "prctl: $!\n";

my $child = fork() // die "fork: $!\n";
if ($child == 0) {
    exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\n";
}
$SIG{TERM} = $SIG{INT} = sub { kill 'TERM', $child };
my $code = wait_for($child);
end_the_rest();
exit $code;

sub wait_for {
    my ($wanted) = @_;
    while (1) {
        my $pid = waitpid(-1, 0);
        next if $pid == -1 && $!{EINTR};
        return 255 if $pid == -1;
        return $? & 127 ? 128 + ($? & 127) : $? >> 8 if $pid == $wanted;
    }
}

# What the command has left behind came to this process when its parent ended.
sub end_the_rest {
    for my $try (1 .. 100) {
        1 while waitpid(-1, POSIX::WNOHANG) > 0;
        open my $list, '<', "/proc/$$/task/$$/children" or return;
        my @left = split ' ', <$list> // '';
        return if !@left;
        # The first second is for what is just ending.
        if ($try > 20) {
            print STDERR "reaper: left behind: @left\n" if $try == 21;
            kill 'KILL', @left;
        }
        select undef, undef, undef, 0.05;
    }
}
