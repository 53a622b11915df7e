#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A sweep on a real Slurm of two nodes, on one machine: every node is a host of its own, with namespaces for its
# network, its name and its mounts. An array of 40 tasks, of which some are longer than their jobs may last and are
# requeued, has bad days: a node is killed with what runs on it, the wire of the other is cut and heals, 14 workers get
# SIGKILL, the disk is full for a while. What 'collect' makes then is what 'compare' makes. At last two ranks, one on
# each node, share a spiking circuit, a circuit of rate neurons, a layered network and seeds: over TCP, by srun. Then
# the wire between two of them is cut.
#
#   tests/cluster/two_nodes.sh PROGRAM      77: it cannot be tried here, and why
#
# Nothing outside of a private directory is written, but namespaces with names of their own. Every wait has an end. KEEP=1 leaves the directory.
set -euo pipefail

readonly kNodes=2 kTasks=40 kLong=20 kLong_s=30 kLongCpu_s=3 kKills=14 kDisk_MiB=256 kNetwork=10.77.0 kAllowed_s=2400 kTooFast=4

skip() {
  echo "SKIPPED: $*"
  if [ -n "${here:-}" ]; then rm -rf "$here"; fi
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
  # A disk that can be filled, on which the plan lies; logs of jobs do not, so that they can say that it is full.
  with_disk() {
    mkdir "$here/disk"
    mount -t tmpfs -o "size=${kDisk_MiB}m" apical-disk "$here/disk"
  }
  without_disk() { umount "$here/disk" || umount --lazy "$here/disk"; }
  with_disk 2> "$here/why" || skip "no disk can be mounted: $(cat "$here/why")"
  clean_up() {
    local host process
    for host in ctl n1 n2; do
      for process in $(ip netns pids "$prefix-$host" 2> /dev/null); do kill -9 "$process" 2> /dev/null || true; done
      ip netns del "$prefix-$host" 2> /dev/null || true
    done
    if [ -s "$here/munged.pid" ]; then kill "$(cat "$here/munged.pid")" 2> /dev/null || true; fi
  }
  # A machine that gets faster meanwhile is done before all has befallen it: then once more, with longer tasks.
  longer=1
  while true; do
    code=0
    timeout --kill-after=10 "$((kAllowed_s - SECONDS))" "$0" --inside "$program" "$here" "$prefix" "$longer" || code=$?
    clean_up # whatever happened, nothing of it stays
    longer=$((4 * longer))
    if [ "$code" -ne "$kTooFast" ] || [ "$longer" -gt 16 ]; then break; fi
    echo "all was done before all had befallen it; once more, with tasks that are $longer times as long"
    without_disk
    rm -rf "${here:?}"/*
    with_disk
  done
  if [ "$code" -ne 0 ]; then
    echo "exit code $code; what its daemons said last:"
    tail -n 20 "$here"/log/*.log 2> /dev/null || true
  fi
  if [ -n "${KEEP:-}" ]; then
    echo "kept: $here"
    exit "$code"
  fi
  without_disk
  rm -rf "$here"
  exit "$code"
fi

program=$2 here=$3 prefix=$4 longer=$5
export SLURM_CONF=$here/slurm.conf
cd "$here"

say() { echo "$(($(date +%s) - began)) s: $*"; }
began=$(date +%s)
fail() {
  echo "FAILED: $*" >&2
  exit 1
}
too_fast() { exit "$kTooFast"; }
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
  mkdir -p munge state log/jobs
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

# write_experiment EPOCHS LONG RATES: long tasks begin first.
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
  for n in $(seq "$2"); do
    printf '[[variant]]\nlabel = "long %s"\ntraining.epochs = %s\ntraining.validate_every = 100\nmodel.learning_rate = %s\n' "$n" "$1" "0.00$n"
  done
  for n in $(seq "$3"); do
    printf '[[variant]]\nlabel = "rate %s"\nmodel.learning_rate = %s\n' "$n" "0.00$((100 + n))"
  done
}

# So many epochs as take about as long as a long task should, on this machine as busy as it is; but not so few that
# they are over at once when it is not busy any more.
epochs_of_long() {
  local tried=2000 began=$EPOCHREALTIME TIMEFORMAT=%U us cpu_ms by_clock by_cpu
  write_experiment "$tried" 1 0 > try.toml
  { time timeout 300 "$program" compare try.toml --out try --quiet --threads 1 > try.txt 2>&1; } 2> time.txt ||
    fail "$(cat try.txt)"
  us=$((${EPOCHREALTIME/./} - ${began/./})) cpu_ms=$(tr -d . < time.txt)
  by_clock=$((kLong_s * 1000000 / (us / tried + 1)))
  by_cpu=$((kLongCpu_s * 1000 * tried / (10#$cpu_ms + 1)))
  echo $((longer * (by_clock > by_cpu ? by_clock : by_cpu)))
}

# shared_experiment KIND: large enough to be shared.
shared_experiment() {
  local points='name = "yin-yang"
train_samples = 4
validation_samples = 2
test_samples = 2'
  case $1 in
    spiking) cat << 'END' ;;
[circuit]
neurons = "spiking"
name = "areas"
dt_ms = 0.1
[[population]]
name = "input"
kind = "poisson"
size = 600
neuron = {rate_Hz = 80}
estimator = {burst_limit_ms = 0.05}
[[population]]
name = "low"
kind = "burst_poisson"
size = 1100
estimator = {alpha_s = 1}
soma_current = {constant_pA = 1500}
dendrite_current = {constant_pA = 300}
initial_voltage_sd_mV = 8
[[population]]
name = "high"
kind = "burst_poisson"
size = 700
estimator = {alpha_s = 1}
soma_current = {constant_pA = 1500}
initial_voltage_sd_mV = 8
[[background]]
to = "low"
receptor = "soma_excitatory"
rate_Hz = 1500
weight = 0.2
[[projection]]
from = "input"
to = "low"
receptor = "soma_excitatory"
transmits = "events"
delay_steps = 0
density = 0.1
weight = 0.2
rule = {eta = 0.01, w_max = 2}
[[projection]]
name = "up"
from = "low"
to = "high"
receptor = "soma_excitatory"
transmits = "events"
delay_steps = 0
density = 0.1
weight = 0.3
weight_sd = 0.01
rule = {eta = 0.01, w_max = 2}
[[projection]]
from = "high"
to = "low"
receptor = "dendrite_excitatory"
transmits = "bursts"
density = 0.1
weight = 0.2
follow = {of = "up"}
[training]
epochs = 2
[[stage]]
name = "learn"
when = "epoch"
where = "train"
watched = "learning"
[[stage.phase]]
name = "learning"
duration_s = 0.008
plastic = true
[[stage.measure]]
quantities = ["event_Hz", "burst_probability"]
of = ["low", "high"]
[run]
seeds = 1
[record]
spikes = true
from_s = 0
until_s = 0.01
END
    rate) printf '[task]\n%s\n[model]\nname = "error-neuron-microcircuit"\nlayers = [4, 370, 360, 3]\nactivation = "logistic"\nweight_range = 0.1\nfeedback_deviation = 0.1\neta = 0.5\n[training]\nepochs = 1\npresentation_ms = 0.08\nsettling_ms = 0.16\n[run]\nseeds = 1\n' "$points" ;;
    layered) printf '[task]\nname = "yin-yang"\ntrain_samples = 256\nvalidation_samples = 128\ntest_samples = 128\n[model]\nname = "feedback-alignment"\nlayers = [4, 384, 300, 3]\nbatch = 128\n[training]\nepochs = 2\n[run]\nseeds = 1\n' ;;
    seeds) printf '[task]\n%s\n[model]\nname = "backpropagation"\nlayers = [4, 8, 3]\n[training]\nepochs = 2\n[run]\nseeds = 4\n' "$points" ;;
  esac
}

# same_files ONE OTHER: but for times and machines, which are no results, and checkpoints, which hold clocks. Prints how many.
same_files() {
  local compared=0 file
  while IFS= read -r file; do
    case "/$file" in
      */manifest.json | */summary.json | */events.ndjson | */report.html | */checkpoints/*) continue ;;
    esac
    cmp "$1/$file" "$2/$file" >&2 || return 1
    compared=$((compared + 1))
  done < <(cd "$1" && find . -type f | sort)
  echo "$compared"
}

# same_weights ONE OTHER: all of them, which differ long before rates do.
same_weights() {
  local run
  for run in "$1" "$2"; do
    timeout 60 "$program" export "$run" --what weights --out "$run.npz" --quiet > export.txt 2>&1 || fail "$(cat export.txt)"
  done
  cmp "$1.npz" "$2.npz" >&2
}

count() { timeout 60 "$program" sweep status disk/plan --json | tr -d ' \n' | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }
runs_on() { [ -n "$(ask squeue -h -t R -w "$1" -o %i)" ]; }
queue_empty() { ask squeue -h -o '%i %r' | awk '!/held/ {n = 1} END {exit n}'; }
is_complete() { [ "$(count "done")" -eq "$kTasks" ]; }
state_is() { ask sinfo -h -N -n "$1" -o %T | grep -q -E "$2"; }

# Processes of the program on a host.
workers_on() {
  local process
  for process in $(ip netns pids "$prefix-$1" 2> /dev/null); do
    if [ "$(cat "/proc/$process/comm" 2> /dev/null)" = "$(basename "$program")" ]; then echo "$process"; fi
  done
}

a_worker() { [ -n "$(workers_on n1)$(workers_on n2)" ]; }

killed=0
# kill_workers N HOST...: one after the other, wherever one runs; jobs that are lost so are not requeued by Slurm.
kill_workers() {
  local until=$((killed + $1)) tries=0 worker
  shift
  while [ "$killed" -lt "$until" ]; do
    worker=$(for host in "$@"; do workers_on "$host"; done | shuf -n 1)
    if [ -n "$worker" ] && kill -9 "$worker" 2> /dev/null; then killed=$((killed + 1)); fi
    tries=$((tries + 1))
    if is_complete; then too_fast; fi
    tend
    if queue_empty; then submit; fi
    [ "$tries" -lt 300 ] || fail "only $killed workers could be killed"
    sleep 1
  done
}

make_hosts
write_configuration
start_slurm
say "Slurm $(ask sinfo --version | cut -d ' ' -f 2) on $kNodes nodes"

epochs=$(epochs_of_long)
write_experiment "$epochs" "$kLong" $((kTasks - kLong)) > experiment.toml
timeout 300 "$program" sweep plan experiment.toml --out disk/plan --lease 20 > planned.txt
say "planned $kTasks tasks, $kLong of them of $epochs epochs"
# USR1 comes 5 s into a job that may last a minute; the options behind -- override those of the script.
submit() {
  ask "$program" sweep submit disk/plan --on slurm --threads 1 -- \
    --time=1 --signal=B:USR1@55 "--output=$here/log/jobs/%A_%a.txt" >> submitted.txt 2>&1
}
# What an administrator does. A busy machine needs more than seconds to get on with a job; what could not be launched
# on a node that was being lost Slurm requeues, but holds; and it drains a node that it gave a job back to which it had
# gone on with, cut off as it was.
tend() {
  for job in $(ask squeue -h -o %i); do ask scontrol update "jobid=$job" timelimit=20 2> /dev/null || true; done
  for job in $(ask squeue -h -o '%i %r' | grep held | cut -d ' ' -f 1); do ask scontrol release "$job" || true; done
  for node in $(ask sinfo -h -N -o '%N %T' | grep -i drain | cut -d ' ' -f 1 | sort -u); do
    ask scontrol update "nodename=$node" state=resume || true
  done
}
# tend_until SECONDS WHAT COMMAND...: what is open is submitted, and the cluster looked after, until the command succeeds.
tend_until() {
  local until=$(($(date +%s) + $1)) what=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    [ "$(date +%s)" -lt "$until" ] || fail "waited too long for: $what: $(timeout 60 "$program" sweep status disk/plan)"
    tend
    if is_complete; then too_fast; fi
    if queue_empty; then submit; fi
    sleep 1
  done
}
submit
stopped() {
  if is_complete; then too_fast; fi
  find disk/plan/tasks -name released.1 | grep -q .
}
wait_for 300 "a long task to be stopped before its time ends" stopped
tend
say "a long task was stopped with its state saved, and is requeued; $(count "done") of $kTasks tasks are done"

wait_for 120 "a job on n2" runs_on n2
for process in $(ip netns pids "$prefix-n2"); do kill -9 "$process" 2> /dev/null || true; done
say "n2 is killed; $(count "done") of $kTasks tasks are done"
kill_workers 4 n1
wait_for 120 "Slurm to miss n2" state_is n2 down
on n2 timeout 30 slurmd -N n2
tend_until 120 "n2 to come back" nodes_up "$kNodes"
say "n2 is back; $killed workers elsewhere got SIGKILL meanwhile"

tend_until 200 "a job on n1" runs_on n1
ip -n "$prefix-ctl" link set v1 down
say "the wire of n1 is cut; $(count "done") of $kTasks tasks are done"
kill_workers 4 n2
wait_for 120 "Slurm to miss n1" state_is n1 down
sleep 3 # what n1 had is requeued, while n1 may still be at it
ip -n "$prefix-ctl" link set v1 up
tend_until 120 "n1 to come back" nodes_up "$kNodes"
say "the wire has healed; $killed workers got SIGKILL"

tend_until 200 "a worker" a_worker
dd if=/dev/zero of=disk/filler bs=64k status=none 2> /dev/null || true
refused() { grep -rq "No space left on device" log/jobs; }
tend_until 300 "a worker to say that the disk is full" refused
full=$(timeout 60 "$program" sweep status disk/plan || true)
grep -q "nothing can be written here: .*No space left on device" <<< "$full" || fail "status says nothing of the full disk: $full"
rm disk/filler
say "the disk was full, and has room again; $(count "done") of $kTasks tasks are done"
timeout 60 "$program" sweep retry disk/plan > retried.txt 2>&1 || true

kill_workers $((kKills - killed)) n1 n2
say "$killed workers got SIGKILL in all; $(count "done") of $kTasks tasks are done"
tend_until "$kAllowed_s" "the tasks to be done" is_complete
say "all $kTasks tasks are done"

# It was what it should be: something was lost with each node, both worked, and no task came to other bits.
for node in n1 n2; do
  grep -q "due to failure of node $node" log/slurmctld.log || fail "nothing ran on $node when it was lost"
  grep -l "\"host\": *\"$node\"" disk/plan/tasks/0000/*/done > /dev/null || fail "nothing was done on $node"
done
[ "$killed" -ge "$kKills" ] || fail "only $killed workers were killed"

timeout 600 "$program" sweep collect disk/plan --out collected --quiet > collected.txt 2>&1
timeout 1500 "$program" compare experiment.toml --out whole --quiet --threads 2 > whole.txt 2>&1
compared=$(same_files whole collected) || fail "what was collected differs"
[ "$compared" -gt $((2 * kTasks)) ] || fail "only $compared files were compared"
say "collected and compared: $compared files, byte for byte"

if [ -e "$(dirname "$program")/libapical_mpi.so" ] && ask srun --mpi=list 2>&1 | grep -qw pmix; then
  for kind in spiking rate layered seeds; do
    spread=circuit
    [ "$kind" != seeds ] || spread=seeds
    shared_experiment "$kind" > "$kind.toml"
    timeout 300 "$program" run "$kind.toml" --out "alone-$kind" --quiet --threads 1 > "$kind.txt" 2>&1 || fail "$(cat "$kind.txt")"
    on ctl timeout 300 srun --mpi=pmix --nodes=2 --ntasks=2 --time=10 "$program" run "$kind.toml" --mpi --spread "$spread" \
      --out "ranks-$kind" --quiet --threads 1 > "$kind.txt" 2>&1 || fail "two ranks on two nodes: $(cat "$kind.txt")"
    compared=$(same_files "alone-$kind" "ranks-$kind") || fail "two ranks on two nodes left other bytes: $kind"
    same_weights "alone-$kind" "ranks-$kind" || fail "two ranks on two nodes came to other weights: $kind"
    say "two ranks on two nodes, $kind: $compared files and all weights, byte for byte"
  done

  # A wire is cut between two ranks: neither hears of the other, nor of any end of it, and both give up. What they
  # had saved goes on in one process.
  shared_experiment spiking |
    sed -e 's/^epochs = 2$/epochs = 1500/' -e 's/^seeds = 1$/seeds = 1\ncheckpoint_every_s = 0.5/' > cut.toml
  saved() { [ -n "$(find ranks-cut/checkpoints -name '*.apc' 2> /dev/null)" ]; }
  no_worker() { ! a_worker; }
  on ctl timeout 300 srun --mpi=pmix --nodes=2 --ntasks=2 --time=10 "$program" run cut.toml --mpi --spread circuit \
    --mpi-timeout 3 --out ranks-cut --quiet --threads 1 > cut.txt 2>&1 &
  launched=$!
  wait_for 120 "a checkpoint of two ranks" saved
  ip -n "$prefix-ctl" link set v1 down
  wait_for 15 "two ranks to give up" no_worker # Slurm itself misses a node after 20 s
  [ ! -e ranks-cut/summary.json ] || fail "two ranks were done before the wire was cut"
  say "the wire between two ranks was cut, and both gave up"
  ip -n "$prefix-ctl" link set v1 up
  kill "$launched" 2> /dev/null || true
  timeout 300 "$program" run --resume --out ranks-cut --quiet --threads 1 > cut.txt 2>&1 || fail "$(cat cut.txt)"
  timeout 300 "$program" run cut.toml --out alone-cut --quiet --threads 1 > cut.txt 2>&1 || fail "$(cat cut.txt)"
  compared=$(same_files alone-cut ranks-cut) || fail "what two ranks had saved led to other bytes"
  same_weights alone-cut ranks-cut || fail "what two ranks had saved led to other weights"
  say "one process went on with what they had saved: $compared files and all weights, byte for byte"
else
  say "SKIPPED: ranks on two nodes (there is no libapical_mpi.so beside the program, or Slurm has no pmix)"
fi
