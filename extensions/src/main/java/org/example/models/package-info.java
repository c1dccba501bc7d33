/** A cell, a neuron and a synapse of other authors. */
package org.example.models;
