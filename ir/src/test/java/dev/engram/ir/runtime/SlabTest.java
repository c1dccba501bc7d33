package dev.engram.ir.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ir.DType;
import dev.engram.ir.HostTensor;
import dev.engram.ir.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SlabTest {
  private static final TensorType TYPE = TensorType.of(DType.I32, 5);

  @Test
  void smallTensorsAreZeroAlignedAndApart() throws Exception {
    List<Future<List<HostTensor>>> work = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int t = 0; t < 4; t++) {
        int id = t;
        work.add(threads.submit(() -> filled(id)));
      }
    }
    TreeMap<Long, Long> taken = new TreeMap<>();
    for (int t = 0; t < work.size(); t++) {
      List<HostTensor> all = work.get(t).get();
      for (int i = 0; i < all.size(); i++) {
        for (int k = 0; k < 5; k++) {
          assertEquals(t * 10_000 + i, all.get(i).getLong(k), "tensor " + i + " of thread " + t);
        }
        long at = all.get(i).segment().address();
        assertEquals(0, at % HostTensor.ALIGNMENT);
        taken.put(at, at + TYPE.bytes() + HostTensor.SLACK);
      }
    }
    assertEquals(4 * 2000, taken.size());
    long end = 0;
    for (var range : taken.entrySet()) {
      assertTrue(range.getKey() >= end, "slack and elements of two tensors overlap");
      end = range.getValue();
    }
  }

  private static List<HostTensor> filled(int thread) {
    List<HostTensor> out = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      HostTensor t = HostTensor.allocate(TYPE);
      for (int k = 0; k < 5; k++) {
        assertEquals(0, t.getLong(k));
        t.setBits(k, thread * 10_000 + i);
      }
      out.add(t);
    }
    return out;
  }

  @Test
  void sizesAroundTheLargestHaveAllTheirBytes() {
    for (long bytes = 0; bytes <= Slab.LARGEST + 2; bytes++) {
      MemorySegment s = Slab.allocate(bytes);
      assertEquals(bytes, s.byteSize());
      assertEquals(0, s.address() % HostTensor.ALIGNMENT);
    }
  }
}
