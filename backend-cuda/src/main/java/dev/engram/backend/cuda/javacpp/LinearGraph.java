package dev.engram.backend.cuda.javacpp;

import dev.engram.backend.cuda.driver.Driver;
import dev.engram.backend.cuda.driver.Task;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.cuda.cudart.CUDA_KERNEL_NODE_PARAMS_v2;
import org.bytedeco.cuda.cudart.CUDA_MEMSET_NODE_PARAMS_v1;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraphNode_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUlaunchAttributeValue;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.PointerPointer;

/** A CUDA graph whose nodes follow each other. */
final class LinearGraph implements Driver.Graph {
  private final CUctx_st context;
  private final CUstream_st stream;

  /** Names the nodes of {@link #exec}. */
  private final CUgraph_st graph = new CUgraph_st();

  private final CUgraphExec_st exec = new CUgraphExec_st();
  private final List<CUgraphNode_st> nodes = new ArrayList<>();

  LinearGraph(CUctx_st context, CUstream_st stream, List<Task> tasks) {
    this.context = context;
    this.stream = stream;
    Calls.check(cudart.cuGraphCreate(graph, 0), "a graph");
    boolean done = false;
    try {
      tasks.forEach(this::add);
      Calls.check(cudart.cuGraphInstantiate(exec, graph, 0), "the making of a graph");
      done = true;
    } finally {
      if (!done) {
        cudart.cuGraphDestroy(graph);
      }
    }
  }

  private void add(Task task) {
    CUgraphNode_st node = new CUgraphNode_st();
    // An array of one, or of none.
    CUgraphNode_st last = nodes.isEmpty() ? null : nodes.getLast();
    int before = nodes.isEmpty() ? 0 : 1;
    switch (task) {
      case Task.Fill f -> {
        try (CUDA_MEMSET_NODE_PARAMS_v1 p = new CUDA_MEMSET_NODE_PARAMS_v1()) {
          p.dst(f.to()).pitch(0).value(f.value() & 0xFF).elementSize(1).width(f.bytes()).height(1);
          Calls.check(
              cudart.cuGraphAddMemsetNode(node, graph, last, before, p, context),
              "a fill in a graph");
        }
      }
      case Task.Launch l -> {
        try (CUDA_KERNEL_NODE_PARAMS_v2 p = params(l)) {
          int code = cudart.cuGraphAddKernelNode(node, graph, last, before, p);
          Reference.reachabilityFence(l);
          Calls.check(code, "a launch in a graph");
        }
        if (l.cooperative()) {
          try (CUlaunchAttributeValue yes = new CUlaunchAttributeValue().cooperative(1)) {
            Calls.check(
                cudart.cuGraphKernelNodeSetAttribute(
                    node, cudart.CU_LAUNCH_ATTRIBUTE_COOPERATIVE, yes),
                "a cooperative launch in a graph");
          }
        }
      }
    }
    nodes.add(node);
  }

  private static JavaCppDriver.Kernel kernel(Task.Launch l) {
    return (JavaCppDriver.Kernel) l.function();
  }

  private static CUDA_KERNEL_NODE_PARAMS_v2 params(Task.Launch l) {
    return new CUDA_KERNEL_NODE_PARAMS_v2()
        .func(kernel(l).function())
        .gridDimX(l.blocks())
        .gridDimY(1)
        .gridDimZ(1)
        .blockDimX(l.threads())
        .blockDimY(1)
        .blockDimZ(1)
        .sharedMemBytes(0)
        .kernelParams(new PointerPointer<>(new Address(l.params())))
        .extra(new PointerPointer<>())
        .kern(null)
        .ctx(null);
  }

  private void enter() {
    Calls.check(cudart.cuCtxSetCurrent(context), "the context of a graph");
  }

  @Override
  public void run() {
    enter();
    Calls.check(cudart.cuGraphLaunch(exec, stream), "the launch of a graph");
  }

  @Override
  public void change(int at, Task.Launch launch) {
    enter();
    try (CUDA_KERNEL_NODE_PARAMS_v2 p = params(launch)) {
      int code = cudart.cuGraphExecKernelNodeSetParams(exec, nodes.get(at), p);
      Reference.reachabilityFence(launch);
      Calls.check(code, "a change of a graph");
    }
  }

  @Override
  public void close() {
    enter();
    if (!exec.isNull()) {
      Calls.check(cudart.cuGraphExecDestroy(exec), "the end of a graph");
      exec.setNull();
    }
    if (!graph.isNull()) {
      Calls.check(cudart.cuGraphDestroy(graph), "the end of a graph");
      graph.setNull();
    }
  }
}
