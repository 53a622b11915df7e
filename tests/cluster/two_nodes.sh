#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A sweep on a real Slurm of two nodes, on one machine: every node is a host of its own, with namespaces for its
# network, its name and its mounts. An array of 40 tasks, of which some are longer than their jobs may last and are
# requeued, and a node that is killed with what runs on it. What 'collect' makes then is what 'compare' makes.
#
#   tests/cluster/two_nodes.sh PROGRAM      77: it cannot be tried here, and why
#
# Nothing outside of a private directory is written, but namespaces with names of their own. Every wait has an end.
set -euo pipefail

readonly kNodes=2 kTasks=40 kLong=4 kNetwork=10.77.0 kAllowed_s=1500

skip() {
  echo "skipped: $*"
  exit 77
}

if [ "${1:-}" != --inside ]; then
  program=$(realpath "${1:?usage: two_nodes.sh PROGRAM}")
  [ "$(id -u)" -eq 0 ] || skip "only root may make hosts of namespaces"
  for command in slurmctld slurmd munged sbatch scontrol squeue sinfo ip nsenter; do
    command -v "$command" > /dev/null || skip "there is no $command (tools/packages.sh slurm)"
  done
  here=$(mktemp -d "${TMPDIR:-/tmp}/apical-slurm.XXXXXX")
  prefix=ap$$
  ip netns add "$prefix-try" 2> "$here/why" || skip "namespaces are refused: $(cat "$here/why")"
  ip netns del "$prefix-try"
  code=0
  timeout --kill-after=10 "$kAllowed_s" "$0" --inside "$program" "$here" "$prefix" || code=$?
  # Whatever happened, nothing of it stays.
  for host in ctl n1 n2; do
    for process in $(ip netns pids "$prefix-$host" 2> /dev/null); do kill -9 "$process" 2> /dev/null || true; done
    ip netns del "$prefix-$host" 2> /dev/null || true
  done
  if [ -s "$here/munged.pid" ]; then kill "$(cat "$here/munged.pid")" 2> /dev/null || true; fi
  if [ "$code" -ne 0 ]; then
    echo "exit code $code; what its daemons said last:"
    tail -n 20 "$here"/log/*.log "$here"/plan/log/*.txt 2> /dev/null || true
  fi
  if [ -z "${KEEP:-}" ]; then rm -rf "$here"; else echo "kept: $here"; fi
  exit "$code"
fi

program=$2 here=$3 prefix=$4
export SLURM_CONF=$here/slurm.conf
cd "$here"

say() { echo "$(($(date +%s) - began)) s: $*"; }
began=$(date +%s)
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
  local until=$(($(date +%s) + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    [ "$(date +%s)" -lt "$until" ] || fail "waited too long for: $what"
    sleep 0.2
  done
}
# Runs a command on a host.
on() {
  local host=$1
  shift
  # shellcheck disable=SC2016 # for the shell within
  nsenter --net="/run/netns/$prefix-$host" unshare --uts --mount sh -c '
    host=$1 hosts=$2
    shift 2
    hostname "$host"
    mount --bind "$hosts" /etc/hosts
    exec "$@"' sh "$host" "$here/hosts" "$@"
}
# Slurm's own commands, on the host of the controller; one that does not answer is not waited for.
ask() { on ctl timeout 30 "$@"; }

make_hosts() {
  ip netns add "$prefix-ctl"
  ip -n "$prefix-ctl" link set lo up
  ip -n "$prefix-ctl" link add br0 type bridge
  ip -n "$prefix-ctl" addr add "$kNetwork.1/24" dev br0
  ip -n "$prefix-ctl" link set br0 up
  printf '127.0.0.1 localhost\n%s.1 ctl\n' "$kNetwork" > hosts
  for i in $(seq "$kNodes"); do
    ip netns add "$prefix-n$i"
    ip -n "$prefix-n$i" link set lo up
    ip -n "$prefix-n$i" link add eth0 type veth peer name "v$i" netns "$prefix-ctl"
    ip -n "$prefix-n$i" addr add "$kNetwork.1$i/24" dev eth0
    ip -n "$prefix-n$i" link set eth0 up
    ip -n "$prefix-ctl" link set "v$i" master br0 up
    echo "$kNetwork.1$i n$i" >> hosts
  done
}

write_configuration() {
  mkdir -p munge state log
  chmod 0755 "$here" munge
  head -c 128 /dev/urandom > munge.key
  chmod 0400 munge.key
  # cred_expire: a requeued job waits as long as its credentials live. cgroup/v1: works without cgroups, too.
  cat > slurm.conf << END
ClusterName=apical
SlurmctldHost=ctl($kNetwork.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$here/munge/sock,cred_expire=5
StateSaveLocation=$here/state
SlurmdSpoolDir=$here/spool.%n
TmpFS=$here/tmp.%n
SlurmctldPidFile=$here/slurmctld.pid
SlurmdPidFile=$here/slurmd.%n.pid
SlurmctldLogFile=$here/log/slurmctld.log
SlurmdLogFile=$here/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
ReturnToService=2
SlurmdTimeout=5
SlurmctldTimeout=5
KillWait=5
MailProg=/bin/true
SlurmdParameters=config_overrides
END
  for i in $(seq "$kNodes"); do
    mkdir -p "spool.n$i" "tmp.n$i"
    echo "NodeName=n$i NodeAddr=$kNetwork.1$i CPUs=2 State=UNKNOWN" >> slurm.conf
  done
  echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP" >> slurm.conf
  echo "CgroupPlugin=cgroup/v1" > cgroup.conf
}

nodes_up() { [ "$(ask sinfo -h -N -o %T | grep -c -E '^(idle|mixed|allocated)$')" -eq "$1" ]; }

start_slurm() {
  timeout 30 munged --force --key-file="$here/munge.key" --socket="$here/munge/sock" --pid-file="$here/munged.pid" \
    --seed-file="$here/munge.seed" --log-file="$here/log/munged.log" --num-threads=2
  on ctl timeout 30 slurmctld
  wait_for 60 "the controller" ask scontrol ping
  for i in $(seq "$kNodes"); do on "n$i" timeout 30 slurmd -N "n$i"; done
  wait_for 90 "both nodes" nodes_up "$kNodes"
}

# Short tasks, and some that are longer than a job may last, which begin first: one for each processor.
write_experiment() {
  cat << END
[task]
name = "yin-yang"
train_samples = 200
validation_samples = 40
test_samples = 40
[model]
name = "backpropagation"
layers = [4, 12, 3]
batch = 10
[training]
epochs = 3
[run]
seeds = 1
checkpoint_every_s = 0.5
END
  for n in $(seq "$kLong"); do
    printf '[[variant]]\nlabel = "long %s"\ntraining.epochs = %s\nmodel.learning_rate = %s\n' "$n" "${LONG_EPOCHS:-30000}" "0.00$n"
  done
  for n in $(seq $((kTasks - kLong))); do
    printf '[[variant]]\nlabel = "rate %s"\nmodel.learning_rate = %s\n' "$n" "0.00$((100 + n))"
  done
}

count() { timeout 60 "$program" sweep status plan --json | tr -d ' \n' | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }
at_least() { [ "$(count "$1")" -ge "$2" ]; }
runs_on() { [ -n "$(ask squeue -h -t R -w "$1" -o %i)" ]; }
queue_empty() { [ -z "$(ask squeue -h -o %i)" ]; }
is_complete() { [ "$(count "done")" -eq "$kTasks" ]; }

make_hosts
write_configuration
start_slurm
say "Slurm $(ask sinfo --version | cut -d ' ' -f 2) on $kNodes nodes"

write_experiment > experiment.toml
timeout 300 "$program" sweep plan experiment.toml --out plan > planned.txt
# USR1 comes 5 s into a job that may last a minute; the options behind -- override those of the script.
submit() {
  ask "$program" sweep submit plan --on slurm --threads 1 -- --time=1 --signal=B:USR1@55
}
submit
# They are stopped before their time ends, and requeue themselves. On a busy machine seconds are not enough to get
# on with them, so that from now on they have more.
stopped() { find plan/tasks -name released.1 | grep -q .; }
wait_for 300 "a long task to be stopped" stopped
for job in $(ask squeue -h -o %i); do ask scontrol update "jobid=$job" timelimit=20 || true; done
say "a long task was stopped with its state saved; $(count "done") of $kTasks tasks are done"
wait_for 300 "the first tasks" at_least "done" 3
wait_for 120 "a job on n2" runs_on n2
for process in $(ip netns pids "$prefix-n2"); do kill -9 "$process" 2> /dev/null || true; done
say "n2 is killed; $(count "done") of $kTasks tasks are done"
node_lost() { ask sinfo -h -N -n n2 -o %T | grep -q down; }
wait_for 120 "Slurm to miss n2" node_lost
on n2 timeout 30 slurmd -N n2
wait_for 120 "n2 to come back" nodes_up "$kNodes"
say "n2 is back"
for attempt in 1 2 3; do
  wait_for 600 "the array to end" queue_empty
  if is_complete; then break; fi
  say "submitted again, time $attempt: $(timeout 60 "$program" sweep status plan | head -n 1)"
  submit
done
is_complete || fail "$(timeout 60 "$program" sweep status plan)"
say "all $kTasks tasks are done"

# It was what it should be: something was lost with n2, and both nodes worked.
grep -q "due to failure of node n2" log/slurmctld.log || fail "nothing ran on n2 when it was killed"
grep -l '"host": *"n1"' plan/tasks/0000/*/done > /dev/null || fail "nothing was done on n1"
grep -l '"host": *"n2"' plan/tasks/0000/*/done > /dev/null || fail "nothing was done on n2"

timeout 300 "$program" sweep collect plan --out collected --quiet > collected.txt 2>&1
timeout 600 "$program" compare experiment.toml --out whole --quiet --threads 1 > whole.txt 2>&1
# Times and machines are no results, and checkpoints hold clocks.
compared=0
while IFS= read -r file; do
  case "$file" in
    */manifest.json | */summary.json | */events.ndjson | */report.html | */checkpoints/*) continue ;;
  esac
  cmp "whole/$file" "collected/$file" || fail "$file differs"
  compared=$((compared + 1))
done < <(cd whole && find . -type f | sort)
[ "$compared" -gt $((2 * kTasks)) ] || fail "only $compared files were compared"
say "collected and compared: $compared files, byte for byte"
